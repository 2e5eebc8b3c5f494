"""Every option of every command, once.

`Settings` is the table: a field is an option. Its name with `-` for `_` is the command line's spelling and the key in
the configuration file; `CHANGEBG_` and the name in capitals is the environment variable. All three hold text that goes
through the same parser (`gateway.options.configuration`), so a wrong value is refused in the same words wherever it
stood.

Nothing heavy is imported here: `changebg --help` reads this file and no codec.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Annotated, Literal, get_args, get_type_hints

from gateway.options import values
from gateway.options.option import (
    ALL_CALLS,
    DEMO,
    EVERY,
    FILE,
    RELAY,
    RELAY_AND_FILE,
    RELAY_AND_SERVE,
    Option,
)
from gateway.options.picture_options import PictureOptions

FileCodec = Literal["H264", "VP8", "VP9", "FFV1", "PRORES"]

PRESETS = ("ultrafast", "superfast", "veryfast", "faster", "fast", "medium", "slow", "slower", "veryslow")


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings(PictureOptions):
    """What was asked for: times in seconds, rates in bits or frames per second. None: decided where it is used."""

    codec: Annotated[
        FileCodec | None,
        Option(
            values.codec("H264", "VP8", "VP9", "FFV1", "PRORES"),
            "CODEC",
            "h264 or vp8; of file also vp9, ffv1 or prores (default: the input's, or the extension's)",
            RELAY_AND_FILE,
        ),
    ] = None
    format: Annotated[
        Literal["mkv", "webm", "ts", "y4m"] | None,
        Option(
            values.one_of("mkv", "webm", "ts", "y4m"),
            "FORMAT",
            "what OUTPUT - is written as: mkv, webm, ts or y4m (default: y4m if the input pipe is, else mkv)",
            FILE,
        ),
    ] = None
    bitrate: Annotated[
        int | None,
        Option(
            values.bit_rate,
            "RATE",
            "bits per second as ffmpeg writes it: 2M, 800k (default 2M; file: --crf)",
            ALL_CALLS,
        ),
    ] = None
    crf: Annotated[
        float | None,
        Option(values.number(0, 63), "CRF", "constant quality instead of a bit rate, 0-51 for h264 (default 18)", FILE),
    ] = None
    preset: Annotated[
        str | None,
        Option(values.one_of(*PRESETS), "PRESET", "ultrafast to veryslow (default superfast; file: medium)", ALL_CALLS),
    ] = None
    profile: Annotated[
        Literal["baseline", "main", "high"] | None,
        Option(
            values.one_of("baseline", "main", "high"),
            "PROFILE",
            "of H264: baseline, main or high (default baseline; file: x264's choice)",
            RELAY_AND_FILE,
        ),
    ] = None
    gop: Annotated[
        float | None,
        Option(
            values.number(0.1, 600),
            "SECONDS",
            "between key frames (default: on request where the far end names rtcp-fb, else 2; file: x264's choice)",
            RELAY_AND_FILE,
        ),
    ] = None
    fps: Annotated[
        Fraction | None,
        Option(values.frame_rate, "FPS", "an upper bound: frames are dropped, never repeated", RELAY_AND_FILE),
    ] = None
    threads: Annotated[
        int | None,
        Option(
            values.whole_number(1, 64),
            "N",
            "threads at work; the pictures are the same for any number (default: one per core)",
            FILE,
        ),
    ] = None
    packetization_mode: Annotated[
        Literal[0, 1] | None,
        Option(
            values.whole_number(0, 1),
            "MODE",
            "of H264: 1, or 0 for single NAL units (default: the far end's, else 1)",
            RELAY,
        ),
    ] = None
    remote_sdp: Annotated[
        Path | None,
        Option(values.path, "FILE", "what the far end accepts: codec, profile, mode, rtcp-fb, b=", RELAY),
    ] = None
    bind: Annotated[
        str | None,
        Option(
            values.address,
            "ADDR",
            "listen on this address (default: the SDP's c= address if local or multicast, else all)",
            RELAY,
        ),
    ] = None
    local_port: Annotated[
        int | None, Option(values.port, "PORT", "RTP leaves from here, RTCP from PORT + 1 (default: any)", RELAY)
    ] = None
    buffer: Annotated[
        float,
        Option(
            values.milliseconds(0, 5000), "MS", "the longest wait for a missing packet (default 80)", RELAY_AND_SERVE
        ),
    ] = 0.08
    idle_timeout: Annotated[
        float | None,
        Option(values.idle_timeout, "S", "end after so many seconds without a packet (default off)", RELAY),
    ] = None
    on_loss: Annotated[
        Literal["hold", "show"],
        Option(
            values.one_of("hold", "show"),
            "POLICY",
            "hold until the picture is whole again, or show it damaged (default hold)",
            RELAY,
        ),
    ] = "hold"
    audio_url: Annotated[
        str | None,
        Option(values.text, "RTP_URL", "relay the SDP's sound there, packets untouched (default: no sound)", RELAY),
    ] = None
    audio_payload_type: Annotated[
        int | None, Option(values.payload_type, "N", "payload type of that sound (default: the SDP's)", RELAY)
    ] = None
    seconds: Annotated[float, Option(values.number(1, 86400), "N", "how long the call lasts (default 10)", DEMO)] = 10.0
    output: Annotated[
        Path | None,
        Option(
            values.path,
            "FILE",
            "write here: the received video (.mkv or .mp4) with stills beside it; the matte (.png); the model (.onnx)",
            (*DEMO, "models check", "models convert-keras"),
        ),
    ] = None
    debug: Annotated[bool, Option(values.switch, "", "log more; show the traceback of a failure", EVERY)] = False


def _options() -> dict[str, Option]:
    hints = get_type_hints(Settings, include_extras=True)
    return {name.replace("_", "-"): get_args(hint)[1] for name, hint in hints.items()}


OPTIONS: Mapping[str, Option] = _options()
"""The table by spelling (`idle-timeout`), in the order of the help."""

HEADINGS: Mapping[str, str] = {
    "host": "server",
    "token": "access",
    "max-sessions": "limits",
    "ice-server": "webrtc",
    "rtp-address": "rtp",
    "matting": "matting",
    "background": "background",
    "crop": "picture",
    "clip": "edge",
    "snapshot-every": "snapshots",
    "codec": "codec",
    "bind": "network",
    "seconds": "run",
}
"""The help's headings, each before the option that it begins with."""
