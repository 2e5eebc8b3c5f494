"""`changebg relay`, and the five-parameter form: a call's video in by its SDP, out as RTP."""

from __future__ import annotations

import asyncio
import gc
import logging
import sys
from typing import TYPE_CHECKING

from gateway.cli.events import log_shown, tell, told_mattes
from gateway.cli.parser import Usage, Words
from gateway.cli.signals import signals_calling

if TYPE_CHECKING:
    from gateway.relay_session import RelaySession, RelaySummary
    from gateway.video_path import PathEvent

logger = logging.getLogger("changebg")

SWITCH_INTERVAL = 0.001
"""Seconds until a thread gives up the interpreter to one that waits; CPython's 5 ms are felt by packets."""

USAGE = Usage(
    command="relay",
    summary="a call's video in by its SDP, out as RTP",
    arguments=(
        ("SDP", "the SDP file that describes the input, or - for standard input"),
        ("BACKGROUND", "an image file, a video file (played over and over), color:RRGGBB, blur or blur:STRENGTH (0-1)"),
        ("COLOR", "the screen's: auto, found by itself, or 2a6a84, 0x2a6a84, #2a6a84, where to search; - for none"),
        ("RTP_URL", "rtp://HOST:PORT, [IPv6] too; ?ttl= &rtcpport= &localrtpport= &pkt_size= as in ffmpeg"),
        ("PAYLOAD_TYPE", "of the RTP that is sent, 0-127: 96 is usual"),
    ),
    examples="""\
examples:
  changebg call.sdp beach.jpg auto rtp://192.0.2.7:10020 96
  changebg call.sdp beach.jpg - rtp://192.0.2.7:10020 96 --plate empty-room.jpg
  changebg call.sdp waves.mp4 auto rtp://192.0.2.7:10020 96 --fit cover --focus 0.5,0.3 --light-wrap
  changebg call.sdp blur - rtp://192.0.2.7:10020 96
  changebg call.sdp beach.jpg 2a6a84 rtp://192.0.2.7:10020 96 --keyer ffmpeg --similarity 0.1 --preset ultrafast
  changebg call.sdp color:202020 00b140 'rtp://239.1.2.3:5004?ttl=4' 96 --audio-url rtp://239.1.2.3:5006
  changebg - beach.jpg 2a6a84 'rtp://[2001:db8::7]:5004' 96 --remote-sdp far-end.sdp < call.sdp

Prints the SDP of what it sends on stdout; events go to stderr. Ends on Ctrl-C, SIGTERM or --idle-timeout, never on BYE
or silence, with one line of summary.""",
)


def run(words: Words) -> int:
    """Relay until told to stop; returns the exit status."""
    from gateway.cli.relay_settings import relay_settings

    settings = relay_settings(words)

    from gateway.relay_session import RelaySession

    sys.setswitchinterval(SWITCH_INTERVAL)
    session = RelaySession(settings, on_started=_print_description, on_event=_log_event)
    asyncio.run(_until_stopped(session))
    return 0


async def _until_stopped(session: RelaySession) -> None:
    with signals_calling(session.stop):
        await session.run()
        tell(_told(session.summary()))


def _print_description(text: str) -> None:
    """The SDP of what is sent, on stdout.

    From here on the garbage collector need not look at what is loaded. Its last look takes a tenth of a second, before
    the first packet can be here.
    """
    gc.collect()
    gc.freeze()
    try:
        print(text, end="", flush=True)
    except OSError:
        logger.warning("nobody reads the SDP on stdout; the relay goes on")


def _log_event(event: PathEvent) -> None:
    from gateway.rtp.core import SourceChanged, SourceLeft

    match event:
        case SourceChanged():
            logger.info("a source is sending")
        case SourceLeft():
            logger.info("the source said goodbye; listening for the next")
        case _:
            log_shown(event)


def _told(summary: RelaySummary) -> str:
    """One line: frames, latency, what the stages of a picture took, and how sure the matte was."""
    counts = f"{summary.frames_in} frames in, {summary.frames_out} out, {summary.dropped} dropped, {summary.held} held"
    others = {"covered": summary.covered, "repeated": summary.repeated}
    counts += "".join(f", {count} {name}" for name, count in others.items() if count)
    latency = f"latency p50 {_ms(summary.latency_p50)}, p95 {_ms(summary.latency_p95)}"
    stages = ", ".join(f"{name} {_ms(seconds, digits=2)}" for name, seconds in summary.stages)
    reordered = f"; {summary.reorder_delay} frames later for the source's B-frames" if summary.reorder_delay else ""
    mattes = told_mattes(summary.confidence, summary.quality)
    return f"{counts}; {latency}{f' ({stages})' if stages else ''}{mattes}{reordered}"


def _ms(seconds: float | None, *, digits: int = 1) -> str:
    return "-" if seconds is None else f"{seconds * 1000:.{digits}f} ms"
