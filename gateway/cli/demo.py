"""`changebg demo`: a sample caller over real RTP through the relay, watched."""

from __future__ import annotations

import re
import sys
from typing import TYPE_CHECKING

from gateway.cli.effect import effect
from gateway.cli.parser import Usage, Words
from gateway.cli.progress import ProgressLine
from gateway.cli.signals import stop_signals

if TYPE_CHECKING:
    from gateway.demo import DemoReport, DemoResult, DemoSettings
    from gateway.options.settings import Settings

USAGE = Usage(
    command="demo",
    summary="a sample caller over real RTP through the relay",
    arguments=(),
    examples="""\
examples:
  changebg demo
  changebg demo --seconds 30 --output demo.mkv
  changebg demo --background beach.jpg --quality fast

A person is drawn before a teal screen, sent as H264 over RTP to `changebg relay` on this machine, which finds the
screen's colour by itself, and what comes back is received, measured and decoded. --output keeps it as it came; stills
of before and after are written in any case. The same call goes to `changebg serve`, whose page is printed: while it
lasts it can be watched and steered there.""",
)

LATENCY = "a frame's last packet in to its last packet out"
KEY = ("keyer", "similarity", "blend")
"""Options of the matting: the relay's, and for a server part of a session's effect."""
OF_BOTH = ("quality", "bitrate", "preset")
"""Options of the relay and of the server."""

_PREFIX = re.compile(r"changebg: |[\d:]{8} (INFO|WARNING) ")
"""What stands before a line of the relay's: its name, or when it was said and how urgent it is."""


def run(words: Words) -> int:
    """Hold the call; returns the exit status."""
    settings = demo_settings(words.settings)

    from gateway.demo import Demo
    from gateway.demo.caller import FRAME_RATE, SIZE

    print(
        f"a sample caller, {SIZE.width}x{SIZE.height} at {FRAME_RATE} fps, through changebg relay on this machine",
        flush=True,
    )
    with stop_signals() as is_stopping, ProgressLine(sys.stdout) as line:
        demo = Demo(
            settings,
            is_stopping=is_stopping,
            on_step=lambda step: line.show(f"  {step}", at_once=True),
            on_progress=lambda report: line.show(_progress(report)),
            on_page=lambda page: line.leave(f"  {page}"),
        )
        result = demo.run()
    print(_told(result, settings) if result else "  ended before the call began")
    return 0


def demo_settings(settings: Settings) -> DemoSettings:
    """What the settings ask for.

    Raises:
        ArgumentError: the background or the colour is none that can be.
        EffectError: it cannot be read.
    """
    from gateway.demo import DemoSettings
    from gateway.demo.caller import SCREEN
    from transforms import catalog

    is_ffmpegs = settings.keyer == "ffmpeg" or settings.similarity is not None or settings.blend is not None
    color = settings.color or (str(SCREEN) if is_ffmpegs else "auto")
    what = effect(settings, background=settings.background or "color:000000", color=color, color_name="--color")
    catalog.background(what).close()  # what is wrong with one is better told here than by the relay
    key = {name: value for name in KEY if (value := getattr(settings, name)) is not None}
    return DemoSettings(
        seconds=settings.seconds,
        background=settings.background,
        output=settings.output,
        color=color,
        relay_options=_passed_on(settings, (*KEY, *OF_BOTH)),
        serve_options=_passed_on(settings, OF_BOTH),
        matting={"kind": "chroma", "color": color, **key},
    )


def _passed_on(settings: Settings, names: tuple[str, ...]) -> tuple[str, ...]:
    given = {name: value for name in names if (value := getattr(settings, name)) is not None}
    return tuple(word for name, value in given.items() for word in (f"--{name}", f"{value}"))


def _progress(now: DemoReport) -> str:
    minutes, seconds = divmod(int(now.seconds), 60)
    shown = f"  {minutes:02d}:{seconds:02d}   {now.frame_rate:2d} fps   latency {_ms(now.latency_median)}"
    return (
        f"{shown}   relay CPU {_ms(now.cpu_per_frame)} a frame   {now.frames_received} of {now.frames_sent} frames back"
    )


def _told(result: DemoResult, settings: DemoSettings) -> str:
    report = result.report
    lines = [
        f"  {report.frames_sent} frames sent, {report.frames_received} came back, {report.frames_decoded} decoded",
        f"  first picture {_ms(report.first_frame)} after the call began",
        f"  latency {_ms(report.latency_median)} median, {_ms(report.latency_p95)} at the 95th percentile ({LATENCY})",
        f"  the relay's CPU: {_ms(report.cpu_per_frame)} a frame, decoding and encoding included",
        *(f"  the relay says: {_PREFIX.sub('', line)}" for line in result.relay_said),
        f"  before  {result.before}",
        f"  after   {result.after}",
    ]
    if settings.output is not None:
        lines.append(f"  video   {settings.output}")
    return "\n".join(lines)


def _ms(seconds: float | None) -> str:
    return "- ms" if seconds is None else f"{seconds * 1000:.1f} ms"
