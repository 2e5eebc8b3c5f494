"""`changebg file`: a file in, a file or RTP out."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

from gateway.cli.effect import effect
from gateway.cli.events import log_shown, tell, told_mattes
from gateway.cli.geometry import geometry
from gateway.cli.parser import Usage, Words
from gateway.cli.progress import ProgressLine, bar, clock
from gateway.cli.signals import signals_calling, stop_signals
from gateway.errors import ArgumentError
from gateway.options.settings import Settings
from gateway.options.values import at_home

if TYPE_CHECKING:
    from gateway.file.sending import SendingSession
    from gateway.file.settings import FileSettings, SendingSettings
    from gateway.file.summary import FileSummary
    from gateway.shown import ShownEvent
    from transforms.effect import Effect

_OUTPUT = (
    "a new file, its format by its name: .mkv .mp4 .mov .webm .m4v .ts; numbered pictures (out.%%04d.png); - for a "
    "pipe; or rtp://HOST:PORT, in real time, payload type 96"
)

USAGE = Usage(
    command="file",
    summary="a video file to a video file or to RTP, every picture matted as in a live call",
    arguments=(
        ("INPUT", "a video file of any format that libav reads, numbered pictures (in.%%04d.png), or - for a pipe"),
        ("OUTPUT", _OUTPUT),
    ),
    examples="""\
examples:
  changebg file call.mp4 out.mp4 --background beach.jpg --color auto
  changebg file call.mp4 out.mp4 --background beach.jpg --plate first:30
  changebg file call.mp4 out.mkv --background color:202020 --color 00b140 --crf 23 --preset veryfast
  changebg file call.mp4 alpha.mkv --view alpha --color auto           the matte itself, lossless (FFV1)
  changebg file call.mp4 cut.mov --view foreground --color auto        the person, cut out (ProRes 4444)
  changebg file call.mp4 rtp://192.0.2.7:10020 --background beach.jpg --color auto > call.sdp

Sound is carried over as it is. Ctrl-C ends the output whole, as far as it has come.""",
)

PAYLOAD_TYPE = 96
"""Of RTP: the first dynamic one, as ffmpeg's."""


def run(words: Words) -> int:
    """Convert; returns the exit status."""
    if words.arguments["OUTPUT"].startswith("rtp:"):
        return _send(sending_settings(words))
    settings = file_settings(words)

    from gateway.file.session import FileSession

    session = FileSession(settings, on_event=_log)
    with stop_signals() as is_stopping, ProgressLine(sys.stderr) as progress:
        summary = session.run(is_stopping=is_stopping, on_progress=lambda now: progress.show(_progress(now)))
        progress.show(_progress(summary), at_once=True)
    tell(_summary(summary))
    return 0


def file_settings(words: Words) -> FileSettings:
    """What the words ask for, of a file.

    Raises:
        ArgumentError: something that contradicts itself.
    """
    from gateway.codec.formats import Coding
    from gateway.file.settings import FileSettings

    settings = words.settings
    if settings.crf is not None and settings.bitrate is not None:
        raise ArgumentError("--crf and --bitrate: expected one of the two, constant quality or a bit rate")
    return FileSettings(
        source=_path(words.arguments["INPUT"]),
        output=_path(words.arguments["OUTPUT"]),
        effect=_effect(settings),
        coding=Coding(
            codec=settings.codec,
            crf=settings.crf,
            bitrate=settings.bitrate,
            preset=settings.preset or "medium",
            profile=settings.profile,
            gop=settings.gop,
            threads=settings.threads or 0,
            format=settings.format,
        ),
        frame_rate=settings.fps,
        geometry=geometry(settings),
        threads=settings.threads or 0,
    )


def sending_settings(words: Words) -> SendingSettings:
    """What the words ask for, of RTP.

    Raises:
        ArgumentError: something that only a file has.
    """
    from gateway.codec.encoder import EncoderSettings
    from gateway.file.settings import SendingSettings
    from gateway.rtp.url import parse_rtp_url

    settings, codec = words.settings, words.settings.codec or "H264"
    for name, value in (("crf", settings.crf), ("format", settings.format)):
        if value is not None:
            raise ArgumentError(f"--{name} {value}: is of files; rtp:// takes --bitrate")
    if codec not in ("H264", "VP8"):
        raise ArgumentError(f"--codec {codec.lower()}: is of files; rtp:// takes h264 or vp8")
    if codec == "VP8" and settings.profile is not None:
        raise ArgumentError(f"--profile {settings.profile}: H264 has one, VP8 has none")
    return SendingSettings(
        source=_path(words.arguments["INPUT"]),
        effect=_effect(settings),
        frame_rate=settings.fps,
        geometry=geometry(settings),
        threads=settings.threads or 0,
        destination=parse_rtp_url(words.arguments["OUTPUT"]),
        payload_type=PAYLOAD_TYPE,
        encoder=EncoderSettings(
            codec=codec,
            bitrate=settings.bitrate or 2_000_000,
            preset=settings.preset or "superfast",
            gop=settings.gop or 2.0,
            profile=settings.profile or "baseline",
        ),
    )


def _path(text: str) -> Path:
    return Path("-") if text == "-" else at_home(text)


def _effect(settings: Settings) -> Effect:
    return effect(settings, background=_background(settings), color=settings.color, color_name="--color")


def _background(settings: Settings) -> str:
    """The background as typed; nothing is behind an alpha, a person cut out, or a picture that passes through."""
    if settings.background is not None:
        return settings.background
    if settings.view != "composite" or settings.matting == "none":
        return "color:000000"
    raise ArgumentError("--background: missing, expected an image or video file, color:RRGGBB or blur")


def _send(settings: SendingSettings) -> int:
    import asyncio

    from gateway.cli.relay import SWITCH_INTERVAL
    from gateway.file.sending import SendingSession

    sys.setswitchinterval(SWITCH_INTERVAL)
    with ProgressLine(sys.stderr) as progress:

        async def until_stopped() -> SendingSession:
            session = SendingSession(
                settings,
                on_started=lambda sdp: print(sdp, end="", flush=True),
                on_event=_log,
                on_progress=lambda now: progress.show(_progress(now)),
            )
            with signals_calling(session.stop):
                await session.run()
            return session

        session = asyncio.run(until_stopped())
    tell(_summary(session.summary))
    return 0


def _log(event: ShownEvent) -> None:
    log_shown(event, f"at {event.time:.2f} s ")


def _progress(now: FileSummary) -> str:
    done = now.frames_in
    rate = done / max(now.seconds, 1e-3)
    if not now.total or not 0 < done <= now.total:
        return f"{done} frames  {rate:.0f} fps  {clock(now.seconds)}"
    share = done / now.total
    told = f"{done}/{now.total} frames  {rate:.0f} fps  {clock((now.total - done) / rate)} left"
    return f"{100 * share:3.0f} % {bar(share, beside=len(told) + 6)} {told}"


def _summary(summary: FileSummary) -> str:
    counts = f"{summary.frames_in} frames in, {summary.frames_out} out"
    extras = {"dropped": summary.dropped, "held": summary.held, "covered": summary.covered, "damaged": summary.damaged}
    counts += "".join(f", {count} {name}" for name, count in extras.items() if count)
    rate = summary.frames_in / max(summary.seconds, 1e-3)
    return f"{counts}, {summary.seconds:.1f} s ({rate:.1f} fps){told_mattes(summary.confidence, summary.quality)}"
