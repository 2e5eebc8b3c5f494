"""ffmpeg at both ends of a call, and as the relay that ours is measured against."""

from __future__ import annotations

import asyncio
import re
import signal
import subprocess
from functools import lru_cache
from pathlib import Path

from tests.peers.clips import Clip
from tests.peers.link import HOST
from tests.peers.process import ChildProcess
from tests.peers.programs import require_program

QUIET = ("-hide_banner", "-nostdin", "-loglevel", "error")
PAYLOAD_TYPE = 96
PACKET_SIZE = 1200
CNAME = "caller@ffmpeg"


def ffmpeg() -> str:
    """The program; the test skips where there is none."""
    return require_program("ffmpeg", package="ffmpeg")


def sender(clip: Clip, port: int, *, loops: int = 0, host: str = HOST, options: str = "") -> ChildProcess:
    """Sends a clip as it is coded, in real time. `loops`: how often it is repeated; `options`: more of the URL's."""
    return ChildProcess([
        *(ffmpeg(), *QUIET, "-re", "-stream_loop", str(loops), "-i", str(clip.path)),
        *("-c", "copy", "-f", "rtp", "-payload_type", str(PAYLOAD_TYPE)),
        f"rtp://{host}:{port}?pkt_size={PACKET_SIZE}{options}",
    ])  # fmt: skip


@lru_cache(maxsize=16)
def _template(path: Path) -> str:
    """The SDP ffmpeg prints for a clip; it goes to a port where nobody listens."""
    command = [ffmpeg(), *QUIET, "-i", str(path), "-c", "copy", "-frames:v", "1", "-f", "rtp"]
    command += ["-payload_type", str(PAYLOAD_TYPE), f"rtp://{HOST}:9"]
    return subprocess.run(command, check=True, capture_output=True, text=True, timeout=20).stdout


def sdp(clip: Clip, port: int) -> str:
    """ffmpeg's own description of `sender(clip, port)`, its first line of chatter included."""
    return re.sub(r"(?m)^m=video \d+", f"m=video {port}", _template(clip.path))


def sender_with_sound(clip: Clip, port: int, sound_port: int, *, loops: int = 0) -> ChildProcess:
    """Sends a clip and a tone beside it, in real time, as one source."""
    return ChildProcess(_with_sound(clip, port, sound_port, "-re", loops=loops))


def sdp_with_sound(clip: Clip, port: int, *, sound_port: int) -> str:
    """ffmpeg's own description of `sender_with_sound`."""
    command = _with_sound(clip, 9, 19, "-t", "0.1")
    printed = subprocess.run(command, check=True, capture_output=True, text=True, timeout=20).stdout
    return printed.replace("m=video 9 ", f"m=video {port} ").replace("m=audio 19 ", f"m=audio {sound_port} ")


def _with_sound(clip: Clip, port: int, sound_port: int, *reading: str, loops: int = 0) -> list[str]:
    """The command; `reading`: how both inputs are read."""
    return [
        *(ffmpeg(), *QUIET, *reading, "-stream_loop", str(loops), "-i", str(clip.path)),
        *(*reading, "-f", "lavfi", "-i", "sine=frequency=440:beep_factor=4:duration=60"),
        *("-map", "0:v", "-c:v", "copy", "-f", "rtp", "-payload_type", str(PAYLOAD_TYPE), "-cname", CNAME),
        f"rtp://{HOST}:{port}?pkt_size={PACKET_SIZE}",
        *(
            "-map",
            "1:a",
            "-c:a",
            "pcm_mulaw",
            "-ar",
            "8000",
            "-f",
            "rtp",
            "-cname",
            CNAME,
            f"rtp://{HOST}:{sound_port}",
        ),
    ]


def relay(
    description: Path,
    background: Path,
    port: int,
    *,
    key: str,
    preset: str,
    bitrate: int = 2_000_000,
) -> ChildProcess:
    """The user's own command: video in by SDP, keyed, laid over a picture, out as RTP.

    `key`: the filter that makes the picture transparent. The picture is decoded once and repeated by `overlay`; with
    `-loop 1` it would be decoded for every frame, and ffmpeg would look worse than it need. Killed in the end, for it
    does not hear SIGTERM while its source is silent.
    """
    graph = f"[0:v]{key}[ck];[1:v][ck]overlay"
    rate = ("-b:v", str(bitrate), "-maxrate", str(bitrate), "-bufsize", str(bitrate // 2), "-g", "60")
    return ChildProcess([
        *(ffmpeg(), *QUIET, "-protocol_whitelist", "file,udp,rtp"),
        *("-i", str(description), "-i", str(background), "-filter_complex", graph),
        *("-c:v", "libx264", "-preset", preset, "-tune", "zerolatency", "-profile:v", "baseline", *rate),
        *("-pix_fmt", "yuv420p", "-payload_type", str(PAYLOAD_TYPE)),
        *("-f", "rtp", f"rtp://{HOST}:{port}?pkt_size={PACKET_SIZE}"),
    ], farewell=signal.SIGKILL)  # fmt: skip


def receiver(description: Path, output: Path, *, frames: int) -> ChildProcess:
    """Records so many frames of a described stream, lossless."""
    command = [ffmpeg(), *QUIET, "-y", "-protocol_whitelist", "file,udp,rtp", "-i", str(description)]
    return ChildProcess([*command, "-frames:v", str(frames), "-c:v", "ffv1", "-fps_mode", "passthrough", str(output)])


async def listens(port: int) -> None:
    """Return once some process has bound a UDP port."""
    async with asyncio.timeout(10):
        while not _is_bound(port):  # noqa: ASYNC110
            await asyncio.sleep(0.01)  # the kernel's table tells nobody of a change


def _is_bound(port: int) -> bool:
    return any(f":{port:04X} " in Path(table).read_text() for table in ("/proc/net/udp", "/proc/net/udp6"))
