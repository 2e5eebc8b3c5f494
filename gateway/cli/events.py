"""What happens during a call or a conversion, told on stderr."""

from __future__ import annotations

import logging
import sys
from contextlib import suppress

from gateway.shown import BackgroundLost, Confidence, Noted, PaceChanged, Quality, ShownChanged, ShownEvent

logger = logging.getLogger("changebg")


def tell(sentence: str) -> None:
    """Say how it ended; a stderr that nobody reads any more changes nothing about that."""
    with suppress(OSError):
        print(f"changebg: {sentence}", file=sys.stderr, flush=True)


def log_shown(event: ShownEvent, where: str = "") -> None:
    """What the matting found, or what is shown from now on: a warning while it is no composite. `where`: in front."""
    match event:
        case Noted(note):
            logger.info("%s%s", where, note)
        case PaceChanged(1):
            logger.info("%stime enough again: the network looks at every picture", where)
        case PaceChanged(every):
            logger.warning("%sthe machine is short of time: the network looks at one picture in %d", where, every)
        case BackgroundLost(reason):
            logger.warning("%sthe background fails (%s): its last picture stands still", where, reason)
        case ShownChanged("held", reason):
            logger.warning("%sthe matte is unsure (%s): the last good picture is held", where, reason)
        case ShownChanged("cover", reason):
            logger.warning("%sthe matte is unsure (%s): the background alone is shown", where, reason)
        case _:
            logger.info("%sthe matte is sure", where)


def told_mattes(confidence: Confidence | None, quality: Quality | None) -> str:
    """Clauses for the end of a summary; nothing where nothing was matted."""
    if confidence is None:
        return ""
    told = f"; confidence of the matte {confidence.median:.2f} median, {confidence.lowest:.2f} lowest"
    return told if quality is None else f"{told}, quality {quality.median:.2f}"
