from __future__ import annotations

import random

from gateway.rtp.ssrc import MAX_ADDRESSES, MEMORY, OwnSsrc

ELSEWHERE = ("192.0.2.1", 5004)


def test_a_conflict_makes_us_take_another() -> None:
    ssrc = OwnSsrc(random.Random(1))
    old = ssrc.value
    assert ssrc.conflict(ELSEWHERE, 0.0)
    assert ssrc.value != old
    assert 0 <= ssrc.value < 1 << 32


def test_a_second_conflict_from_the_same_address_is_a_loop() -> None:
    ssrc = OwnSsrc(random.Random(1))
    ssrc.conflict(ELSEWHERE, 0.0)
    value = ssrc.value
    assert not ssrc.conflict(ELSEWHERE, MEMORY * 0.9)
    assert not ssrc.conflict(ELSEWHERE, MEMORY * 1.8), "the loop goes on, so it is remembered"
    assert ssrc.value == value
    assert ssrc.conflict(ELSEWHERE, MEMORY * 3)


def test_many_addresses_change_it_only_so_often() -> None:
    ssrc = OwnSsrc(random.Random(1))
    changes = sum(ssrc.conflict(("192.0.2.1", port), 0.0) for port in range(1000))
    assert changes == MAX_ADDRESSES
