from __future__ import annotations

import asyncio
import time

import pytest

from gateway.call.lifetime import HUNG_UP, Lifetime


@pytest.fixture
async def live() -> Lifetime:
    made = Lifetime(setup_timeout=8, keep_lost=30, on_change=lambda _: None, on_expire=lambda _: None)
    made.begin()
    made.picture(is_rtp=False)
    return made


async def test_a_browser_that_is_silent_and_then_given_up_is_lost_once(live: Lifetime) -> None:
    live.lose()
    first = live.expires
    assert first is not None
    assert first == pytest.approx(time.time() + 30, abs=1)
    await asyncio.sleep(0.05)  # the time is what is tested here
    live.lose()
    assert live.expires == pytest.approx(first, abs=0.01)
    live.end()


async def test_a_goodbye_after_a_silence_is_an_earlier_end(live: Lifetime) -> None:
    live.lose()
    live.lose(has_hung_up=True)
    assert live.expires == pytest.approx(time.time() + HUNG_UP, abs=1)
    live.end()


async def test_a_picture_makes_it_live_for_as_long_as_before(live: Lifetime) -> None:
    live.lose()
    live.picture(is_rtp=False)
    assert (live.state, live.expires) == ("live", None)
    live.lose()
    assert live.expires == pytest.approx(time.time() + 30, abs=1)
    live.end()
