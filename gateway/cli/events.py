"""What happens during a call or a conversion, told on stderr."""

from __future__ import annotations

import logging
import sys
from contextlib import suppress
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from transforms.pipeline import Shown

logger = logging.getLogger("changebg")


def tell(sentence: str) -> None:
    """Say how it ended; a stderr that nobody reads any more changes nothing about that."""
    with suppress(OSError):
        print(f"changebg: {sentence}", file=sys.stderr, flush=True)


def log_shown(shown: Shown, reason: str | None, where: str = "") -> None:
    """What is shown from now on: a warning while it is no composite. `where`: of what, in front of it."""
    match shown:
        case "held":
            logger.warning("%sthe matte is unsure (%s): the last good picture is held", where, reason)
        case "cover":
            logger.warning("%sthe matte is unsure (%s): the background alone is shown", where, reason)
        case _:
            logger.info("%sthe matte is sure", where)
