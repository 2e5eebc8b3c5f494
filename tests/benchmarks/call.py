"""One call through one relay, measured: the clip goes in from a real ffmpeg, every packet on both sides is timed.

A frame's latency is from its last packet in to its last packet out; frames are paired by the number burnt into them, so
that a relay which drops some or gives them other timestamps is measured all the same.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from statistics import median, quantiles
from tempfile import TemporaryDirectory, gettempdir

import numpy as np

from tests.peers import ffmpeg
from tests.peers.clips import FRAME_RATE, Clip, alpha_of, make_clip
from tests.peers.link import Link, free_port
from tests.peers.process import ChildProcess
from tests.peers.received import SeenFrame, coded_frames, seen_frames
from transforms.picture import Picture, Size

PORTRAIT = Size(720, 1280)
BACKGROUND = "background.png"
QUIET = 0.5
"""Seconds after the last packet in within which the last frame has left any relay."""
COMPARED = 15
"""Every so many-th frame is compared with its source."""
AWAY_FROM_KEY = 45.0
"""Levels of chroma from the key: what no contender takes for the screen, ffmpeg's similarity of 0.1 being 36."""


@dataclass(frozen=True, slots=True)
class Contender:
    """A relay by name. `start`: from an SDP file, a picture and a port; `ready`: returns once it listens on a port."""

    name: str
    start: Callable[[Path, Path, int], ChildProcess]
    ready: Callable[[int], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Measured:
    """What came of a call. Times in seconds.

    `first_frame`: from the last packet of the clip's first frame to the first packet out. `cpu_per_frame`: the relay's
    whole process per frame delivered. `foreground_psnr`: luma, dB, against what the relay was sent.
    """

    sent: int
    delivered: int
    latencies: list[float]
    first_frame: float
    cpu_per_frame: float
    foreground_psnr: float
    said: list[str]

    @property
    def p50(self) -> float:
        """Median latency."""
        return median(self.latencies)

    @property
    def p95(self) -> float:
        """The latency 95 % of the frames do not exceed."""
        return quantiles(self.latencies, n=20, method="inclusive")[-1]


def benchmark_clip(seconds: float) -> Clip:
    """The clip of the benchmarks: 720x1280 at 30 fps, 4 Mb/s, kept from one run to the next."""
    directory = Path(gettempdir()) / "changebg-benchmarks"
    directory.mkdir(exist_ok=True)
    return make_clip(directory, size=PORTRAIT, frames=round(FRAME_RATE * seconds), bitrate=4_000_000, gop=60)


async def measure(contender: Contender, clip: Clip) -> Measured:
    """Send the clip through a relay, once."""
    port = free_port()
    with TemporaryDirectory() as scratch, Link(port) as way_in, Link() as way_out:
        description, background = Path(scratch, "in.sdp"), Path(scratch, BACKGROUND)
        description.write_text(ffmpeg.sdp(clip, port))  # noqa: ASYNC240
        draw_background(background, clip.size)
        async with contender.start(description, background, way_out.port) as relay:
            await contender.ready(port)
            async with ffmpeg.sender(clip, way_in.port) as sender:
                await way_out.watch.until(lambda: bool(way_out.arrived), "packet out of the relay", within=20)
                before, cpu = _timestamps(way_out), relay.cpu_seconds
                await sender.ended(within=clip.seconds + 20)
            await asyncio.sleep(QUIET)
            cpu = relay.cpu_seconds - cpu
        frames = _timestamps(way_out) - before
        return _measured(clip, way_in, way_out, cpu / frames, relay.lines)


def _timestamps(link: Link) -> int:
    return len({passed.data[4:8] for passed in link.arrived})


def draw_background(path: Path, size: Size) -> None:
    """A picture to put behind the person, exactly of the size so that nobody has to scale it."""
    from transforms.sample.landscape import landscape

    landscape(size).save(path)


def _measured(clip: Clip, way_in: Link, way_out: Link, cpu_per_frame: float, said: list[str]) -> Measured:
    coded_in, coded_out = coded_frames(way_in.left, clip.codec), coded_frames(way_out.arrived, clip.codec)
    sources = {seen.number: seen for seen in seen_frames(coded_in, clip.codec) if seen.number is not None}
    latencies, errors = [], []
    delivered = 0
    for seen in seen_frames(coded_out, clip.codec):
        source = sources.get(seen.number) if seen.number is not None else None
        if source is None:
            continue
        delivered += 1
        latencies.append((seen.coded.last_at - source.coded.last_at) / 1e9)
        if source.number is not None and source.number % COMPARED == 0:
            errors.append(_foreground_error(clip, source, seen))
    return Measured(
        sent=len(sources),
        delivered=delivered,
        latencies=latencies,
        first_frame=(coded_out[0].first_at - coded_in[0].last_at) / 1e9,
        cpu_per_frame=cpu_per_frame,
        foreground_psnr=float(10 * np.log10(255**2 / np.mean(errors))),
        said=said,
    )


def _foreground_error(clip: Clip, source: SeenFrame, seen: SeenFrame) -> float:
    """Mean squared error of luma where the person is opaque and far from the screen's colour."""
    assert source.number is not None
    picture = Picture.of(source.frame)
    cb, cr = (plane.rows.astype(np.float32) for plane in (picture.cb, picture.cr))
    corner = cb[: len(cb) // 8].mean(), cr[: len(cr) // 8].mean()
    away = np.hypot(cb - corner[0], cr - corner[1]) > AWAY_FROM_KEY
    height, width = picture.size.height, picture.size.width
    opaque = alpha_of(clip, source.number) == 255
    wanted = opaque & away.repeat(2, 0).repeat(2, 1)[:height, :width]
    difference = picture.y.rows[wanted].astype(np.float32) - seen.luma[wanted]
    return float(np.mean(np.square(difference)))
