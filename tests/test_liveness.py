from __future__ import annotations

import pytest

from gateway.webrtc.liveness import CONSENT_EXPIRES, SILENCE, judge


@pytest.mark.parametrize(
    ("silence", "state"),
    [
        (0.0, "connected"),
        (SILENCE - 0.001, "connected"),
        (SILENCE, "disconnected"),
        (CONSENT_EXPIRES - 0.001, "disconnected"),
        (CONSENT_EXPIRES, "failed"),
    ],
)
def test_silence_is_judged(silence: float, state: str) -> None:
    assert judge(silence)[0] == state


def test_the_next_look_is_when_the_silence_would_be_too_long() -> None:
    assert judge(1.0) == ("connected", SILENCE - 1.0)
