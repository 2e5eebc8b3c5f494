"""`changebg file`: a file in, a file out."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from gateway.cli.effect import effect
from gateway.cli.events import log_shown, tell, told_mattes
from gateway.cli.parser import Usage, Words
from gateway.cli.progress import ProgressLine
from gateway.cli.signals import stop_signals
from gateway.errors import ArgumentError
from gateway.options.configuration import not_built, shortened
from gateway.options.settings import Settings
from gateway.options.values import at_home

if TYPE_CHECKING:
    from gateway.file import FileSettings, FileSummary

USAGE = Usage(
    command="file",
    summary="a video file to a video file, every picture matted as in a live call",
    arguments=(
        ("INPUT", "a video file of any format that libav reads"),
        ("OUTPUT", "a new file, its format by its name: .mkv .mp4 .m4v .mov .webm .ts; one that is there is replaced"),
    ),
    examples="""\
examples:
  changebg file call.mp4 out.mp4 --background beach.jpg --color auto
  changebg file call.mp4 out.mp4 --background beach.jpg --plate first:30
  changebg file call.mp4 out.mkv --background color:202020 --color 00b140 --crf 23 --preset veryfast
  changebg file call.mp4 alpha.mkv --view alpha --color auto          the matte itself, lossless (FFV1)

Video only: sound is not carried over yet. Ctrl-C ends the output whole, as far as it has come.""",
)


def run(words: Words) -> int:
    """Convert; returns the exit status."""
    settings = file_settings(words)

    from gateway.file import FileSession

    session = FileSession(settings, on_event=lambda event: log_shown(event, f"at {event.time:.2f} s "))
    with stop_signals() as is_stopping, ProgressLine(sys.stderr) as progress:
        summary = session.run(is_stopping=is_stopping, on_progress=lambda now: progress.show(_progress(now)))
    tell(_summary(summary))
    return 0


def file_settings(words: Words) -> FileSettings:
    """What the words ask for.

    Raises:
        ArgumentError: something that contradicts, or is not built yet.
    """
    from gateway.file import FileSettings
    from transforms.picture import Size

    settings = words.settings
    if words.arguments["OUTPUT"].startswith("rtp:"):
        raise ArgumentError(not_built(f"OUTPUT {shortened(words.arguments['OUTPUT'])}, a file to RTP"))
    if settings.crf is not None and settings.bitrate is not None:
        raise ArgumentError("--crf and --bitrate: expected one of the two, constant quality or a bit rate")
    return FileSettings(
        source=at_home(words.arguments["INPUT"]),
        output=at_home(words.arguments["OUTPUT"]),
        effect=effect(settings, background=_background(settings), color=settings.color, color_name="--color"),
        codec=settings.codec,
        crf=settings.crf,
        bitrate=settings.bitrate,
        preset=settings.preset or "medium",
        profile=settings.profile,
        gop=settings.gop,
        frame_rate=settings.fps,
        size=Size(*settings.size) if settings.size else None,
        threads=settings.threads or 0,
    )


def _background(settings: Settings) -> str:
    """The background as typed; nothing is behind an alpha view or a picture that passes through."""
    if settings.background is not None:
        return settings.background
    if settings.view == "alpha" or settings.matting == "none":
        return "color:000000"
    raise ArgumentError("--background: missing, expected an image file or color:RRGGBB")


def _progress(now: FileSummary) -> str:
    done = now.frames_in
    rate = done / max(now.seconds, 1e-3)
    if not now.total or done > now.total:
        return f"{done} frames  {rate:.0f} fps"
    left = (now.total - done) / rate
    return f"{100 * done // now.total:3d} %  {done}/{now.total} frames  {rate:.0f} fps  {left:.0f} s left"


def _summary(summary: FileSummary) -> str:
    counts = f"{summary.frames_in} frames in, {summary.frames_out} out"
    extras = {"dropped": summary.dropped, "held": summary.held, "covered": summary.covered, "damaged": summary.damaged}
    counts += "".join(f", {count} {name}" for name, count in extras.items() if count)
    rate = summary.frames_in / max(summary.seconds, 1e-3)
    return f"{counts}, {summary.seconds:.1f} s ({rate:.1f} fps){told_mattes(summary.confidence, summary.quality)}"
