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

from gateway.options import serve_values, values
from gateway.options.matting_options import MattingOptions
from gateway.options.option import (
    ALL_CALLS,
    DEMO,
    EVERY,
    FILE,
    MODEL_CHECKS,
    RELAY,
    RELAY_AND_FILE,
    RELAY_AND_SERVE,
    RELAY_FILE_AND_SERVE,
    Option,
)
from transforms.effect import FARTHEST, OnUnsure, Quality, View

PRESETS = ("ultrafast", "superfast", "veryfast", "faster", "fast", "medium", "slow", "slower", "veryslow")

LATER = frozenset(
    {
        *("light-wrap", "color-match"),
        *("crop", "rotate", "fit", "offset", "scale"),
    }
)
"""Options of the public contract that this version does not have yet: refused by name, never ignored."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings(MattingOptions):
    """What was asked for: times in seconds, rates in bits or frames per second. None: decided where it is used."""

    background: Annotated[
        str | None, Option(values.text, "BACKGROUND", "an image file, or color:RRGGBB", ("file", "demo"))
    ] = None
    matrix: Annotated[
        Literal["bt601", "bt709"] | None,
        Option(
            values.one_of("bt601", "bt709"),
            "MATRIX",
            "bt601 or bt709, where the stream does not say (default: bt709 from 720 lines on the short side)",
            ("relay", "file", "keycolor"),
        ),
    ] = None
    quality: Annotated[
        Quality,
        Option(
            values.one_of("fast", "balanced", "best"),
            "LEVEL",
            "fast: a screen at half size, models small; balanced, best: hair at full resolution (default balanced)",
            (*ALL_CALLS, *MODEL_CHECKS),
        ),
    ] = "balanced"
    view: Annotated[
        View,
        Option(
            values.one_of("composite", "alpha", later=("foreground", "input")),
            "VIEW",
            "composite, or alpha: grey, 0 background to 255 foreground (default composite)",
            RELAY_AND_FILE,
        ),
    ] = "composite"
    on_unsure: Annotated[
        OnUnsure,
        Option(
            values.one_of("hold", "cover"),
            "POLICY",
            "a matte that cannot be trusted: hold the last good picture (2 s at most) or cover (default hold)",
            RELAY_AND_FILE,
        ),
    ] = "hold"
    clip: Annotated[
        tuple[float, float] | None,
        Option(
            values.interval(0, 1),
            "LOW,HIGH",
            "alpha, 0-1: LOW and less becomes 0, HIGH and more 1, and what lies between is stretched",
            RELAY_AND_FILE,
        ),
    ] = None
    shrink: Annotated[
        float,
        Option(
            values.number(-FARTHEST, FARTHEST),
            "PX",
            "move the outline inward, below 0 outward (default 0)",
            RELAY_AND_FILE,
        ),
    ] = 0.0
    feather: Annotated[
        float, Option(values.number(0, FARTHEST), "PX", "soften the outline, in pixels (default 0)", RELAY_AND_FILE)
    ] = 0.0
    despill: Annotated[
        float | None,
        Option(
            values.number(0, 1),
            "SHARE",
            "how much of the screen's light is taken out of edges, 0-1 (default: all, as measured)",
            RELAY_AND_FILE,
        ),
    ] = None
    garbage: Annotated[
        Path | None,
        Option(values.path, "MASK", "an image over the picture: white is always background", RELAY_AND_FILE),
    ] = None
    holdout: Annotated[
        Path | None,
        Option(values.path, "MASK", "an image over the picture: white is always the person", RELAY_AND_FILE),
    ] = None
    size: Annotated[
        tuple[int, int] | None,
        Option(
            serve_values.size,
            "WxH",
            "scale every picture to it, cut about its middle (default: as it comes)",
            RELAY_FILE_AND_SERVE,
        ),
    ] = None
    codec: Annotated[
        Literal["H264", "VP8"] | None,
        Option(
            values.codec("H264", "VP8"),
            "CODEC",
            "h264 or vp8 (default: the input's, or the extension's)",
            RELAY_AND_FILE,
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
        int | None, Option(values.whole_number(1, 64), "N", "threads of the encoder (default: one per core)", FILE)
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
    "background": "picture",
    "clip": "edge",
    "codec": "codec",
    "bind": "network",
    "seconds": "run",
}
"""The help's headings, each before the option that it begins with."""
