"""How long a silence is only a silence."""

from __future__ import annotations

from typing import Final, Literal

SILENCE: Final = 3.0
"""Seconds without a packet or consent after which somebody counts as lost for now: three unanswered questions."""
CONSENT_EXPIRES: Final = 30.0
"""Seconds after which nothing may be sent any more (RFC 7675 §5.1)."""
RETURN_INTERVAL: Final = 0.2
"""Seconds between two looks whether somebody lost is back."""


def judge(silence: float) -> tuple[Literal["connected", "disconnected", "failed"], float]:
    """The state after this many seconds of silence, and in how many to judge again."""
    if silence < SILENCE:
        return "connected", SILENCE - silence
    if silence < CONSENT_EXPIRES:
        return "disconnected", RETURN_INTERVAL
    return "failed", 0.0
