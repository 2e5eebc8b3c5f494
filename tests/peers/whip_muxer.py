"""An encoder that publishes with FFmpeg's WHIP muxer, as `python -m tests.peers.whip_muxer URL FOLDER [TOKEN]`.

It sends the sample caller at 640x360, 30 frames a second, as H264 (baseline), until it is told to end (SIGTERM), and
says `published` on stderr once the server has taken its first frame. `FOLDER` holds `cert.pem` and `key.pem`: FFmpeg
itself would make a key on P-224, which OpenSSL's default groups refuse.
"""

from __future__ import annotations

import signal
import sys
import time
from fractions import Fraction
from pathlib import Path

import av

from transforms.picture import Size
from transforms.sample import SampleCaller

RATE = 30
SIZE = Size(640, 360)
DRAWN = 30
"""Frames that are drawn, shown to and fro."""


def publish(url: str, folder: Path, token: str | None) -> None:
    """Publish until SIGTERM."""
    options = {"cert_file": str(folder / "cert.pem"), "key_file": str(folder / "key.pem"), "handshake_timeout": "8000"}
    if token is not None:
        options["authorization"] = token
    caller = SampleCaller(SIZE)
    frames = [caller.frame(number)[0] for number in range(DRAWN)]
    frames += frames[::-1]
    with av.open(url, "w", format="whip", options=options) as container:
        stream = container.add_stream("libx264", rate=RATE)
        stream.width, stream.height, stream.pix_fmt = SIZE.width, SIZE.height, "yuv420p"
        stream.options = {"preset": "ultrafast", "tune": "zerolatency", "profile": "baseline", "g": str(RATE)}
        begun = time.monotonic()
        for number in range(1 << 30):
            frame = frames[number % len(frames)]
            frame.pts, frame.time_base = number, Fraction(1, RATE)
            container.mux(stream.encode(frame))
            if number == 0:
                print("published", file=sys.stderr, flush=True)
            time.sleep(max(0.0, begun + (number + 1) / RATE - time.monotonic()))


class _Told(BaseException):
    """To end."""


def _end(*_: object) -> None:
    raise _Told


if __name__ == "__main__":
    av.logging.set_level(av.logging.INFO)
    signal.signal(signal.SIGTERM, _end)
    try:
        publish(sys.argv[1], Path(sys.argv[2]), sys.argv[3] if len(sys.argv) > 3 else None)
    except _Told:
        print("ended", file=sys.stderr, flush=True)
