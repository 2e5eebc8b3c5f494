from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from gateway.rtp.pacing import BURST, GROUP_INTERVAL, MAX_SPREAD, Pacer


def packets(count: int, *, frame: int = 0) -> list[bytes]:
    return [b"%d/%d" % (frame, index) for index in range(count)]


def drain(pacer: Pacer, now: float) -> list[tuple[float, bytes]]:
    """What leaves when, if the pacer is asked exactly when it wants to be."""
    left = [(now, packet) for packet in pacer.take(now)]
    while (timeout := pacer.next_timeout()) is not None:
        assert timeout > now
        now = timeout
        left += [(now, packet) for packet in pacer.take(now)]
    return left


@given(st.integers(1, BURST))
def test_an_ordinary_frame_leaves_at_once(count: int) -> None:
    pacer = Pacer()
    pacer.add(packets(count), 5.0)
    assert pacer.take(5.0) == packets(count)
    assert pacer.next_timeout() is None


@given(st.integers(BURST + 1, 500))
def test_a_key_frame_leaves_in_groups_within_its_bound(count: int) -> None:
    pacer = Pacer()
    pacer.add(packets(count), 5.0)
    left = drain(pacer, 5.0)
    assert [packet for _, packet in left] == packets(count)
    assert left[-1][0] <= 5.0 + MAX_SPREAD + 1e-9
    sizes = [sum(moment == at for at, _ in left) for moment in dict(left)]
    assert sizes[0] == BURST
    assert max(sizes[1:]) <= max(8, -(-(count - BURST) // round(MAX_SPREAD / GROUP_INTERVAL)))


@given(st.lists(st.tuples(st.integers(1, 300), st.floats(0, 0.04)), min_size=1, max_size=8))
def test_frames_keep_their_order_and_none_waits_longer_than_the_bound(frames: list[tuple[int, float]]) -> None:
    pacer = Pacer()
    added: dict[bytes, float] = {}
    left: list[tuple[float, bytes]] = []
    now = 1.0
    for number, (count, pause) in enumerate(frames):
        now += pause
        while (timeout := pacer.next_timeout()) is not None and timeout <= now:
            left += [(timeout, packet) for packet in pacer.take(timeout)]
        pacer.add(packets(count, frame=number), now)
        added.update(dict.fromkeys(packets(count, frame=number), now))
        left += [(now, packet) for packet in pacer.take(now)]
    left += drain(pacer, now)
    assert [packet for _, packet in left] == list(added)
    assert all(at - added[packet] <= MAX_SPREAD + 1e-9 for at, packet in left)


def test_a_repetition_overtakes_what_waits() -> None:
    pacer = Pacer()
    pacer.add(packets(100), 0.0)
    pacer.take(0.0)
    pacer.add_first(b"again")
    assert pacer.take(0.0) == [b"again"]


def test_all_that_waits_can_be_taken_at_the_end() -> None:
    pacer = Pacer()
    pacer.add(packets(100), 0.0)
    assert len(pacer.take(0.0)) + len(pacer.take_all()) == 100
    assert pacer.next_timeout() is None
