"""The hub of news: nobody waits, nothing is told twice, and what is lost is said."""

from __future__ import annotations

import asyncio

import pytest

from gateway.errors import Busy
from gateway.events import KEPT, MOST_SUBSCRIBERS, Events, Happening, Missed, News, Subscription, Told


def _happening(number: int, session: str = "a") -> Happening:
    return Happening("note", session, {"number": number}, 1000.0 + number)


async def _waiting(subscription: Subscription, count: int) -> list[News]:
    async with asyncio.timeout(5):
        return [await anext(subscription) for _ in range(count)]


def _numbers(news: list[News]) -> list[object]:
    return [item.happening.data["number"] if isinstance(item, Told) else item for item in news]


async def test_every_subscriber_is_told_all_in_order() -> None:
    events = Events()
    with events.subscribe() as one, events.subscribe() as two:
        for number in range(3):
            events.publish(_happening(number))
        assert _numbers(await _waiting(one, 3)) == _numbers(await _waiting(two, 3)) == [0, 1, 2]


async def test_a_subscriber_waits_for_news_to_come() -> None:
    events = Events()
    with events.subscribe() as subscription:
        waiting = asyncio.create_task(anext(aiter(subscription)))
        await asyncio.sleep(0)
        events.publish(_happening(7))
        assert _numbers([await waiting]) == [7]


async def test_a_wait_that_is_given_up_loses_nothing() -> None:
    events = Events()
    with events.subscribe() as subscription:
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0):
                await anext(subscription)
        events.publish(_happening(1))
        assert _numbers(await _waiting(subscription, 1)) == [1]


async def test_only_one_sessions_news_where_only_that_is_wanted() -> None:
    events = Events()
    events.publish(_happening(0, "b"))
    with events.subscribe(session="b", after="nowhere") as subscription:
        events.publish(_happening(1, "a"))
        events.publish(_happening(2, "b"))
        assert _numbers(await _waiting(subscription, 3)) == [Missed(None), 0, 2]


async def test_a_slow_subscriber_loses_the_oldest_and_is_told_how_many() -> None:
    events = Events()
    with events.subscribe() as slow:
        for number in range(KEPT + 10):
            events.publish(_happening(number))
        assert _numbers(await _waiting(slow, 2)) == [Missed(10), 10]


async def test_who_comes_back_goes_on_where_it_was() -> None:
    events = Events()
    with events.subscribe() as subscription:
        for number in range(5):
            events.publish(_happening(number))
        seen = (await _waiting(subscription, 3))[-1]
    assert isinstance(seen, Told)
    with events.subscribe(after=seen.id) as again:
        events.publish(_happening(5))
        assert _numbers(await _waiting(again, 3)) == [3, 4, 5]


async def test_who_comes_back_late_is_told_how_much_is_gone() -> None:
    events = Events()
    with events.subscribe() as subscription:
        events.publish(_happening(0))
        (seen,) = await _waiting(subscription, 1)
    assert isinstance(seen, Told)
    for number in range(1, KEPT + 4):
        events.publish(_happening(number))
    with events.subscribe(after=seen.id) as again:
        assert _numbers(await _waiting(again, 2)) == [Missed(3), 4]


@pytest.mark.parametrize("after", ["", "1", "other-5", "-", "x-y", "1-" + "9" * 400, "٣-٣"])
async def test_who_comes_back_from_elsewhere_is_told_all_that_is_kept(after: str) -> None:
    events = Events()
    events.publish(_happening(0))
    with events.subscribe(after=after) as subscription:
        assert _numbers(await _waiting(subscription, 2)) == [Missed(None), 0]


async def test_an_id_from_the_future_is_not_waited_for() -> None:
    events = Events()
    events.publish(_happening(0))
    start = (events._kept[0].id).partition("-")[0]
    with events.subscribe(after=f"{start}-99") as subscription:
        events.publish(_happening(1))
        assert _numbers(await _waiting(subscription, 1)) == [1]


async def test_closing_ends_those_that_listen_and_those_to_come() -> None:
    events = Events()
    with events.subscribe() as subscription:
        events.publish(_happening(0))
        events.close()
        assert _numbers([item async for item in subscription]) == [0]
    with events.subscribe() as late:
        assert [item async for item in late] == []


async def test_only_so_many_listen_and_who_leaves_makes_room() -> None:
    events = Events()
    subscriptions = [events.subscribe().__enter__() for _ in range(MOST_SUBSCRIBERS)]
    with pytest.raises(Busy):
        events.subscribe()
    subscriptions.pop().__exit__(None, None, None)
    with events.subscribe():
        pass
