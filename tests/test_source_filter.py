"""Probation, takeover, and what a stranger on the port can and cannot do."""

from __future__ import annotations

from gateway.rtp.source_filter import (
    MAX_CANDIDATES,
    MAX_HELD_AGE,
    MAX_HELD_OCTETS,
    MAX_HELD_PACKETS,
    PROBATION_REACH,
    SILENCE,
    Admission,
    Origin,
    SourceFilter,
)

CALLER = Origin(1, ("192.0.2.1", 5004))
RESTARTED = Origin(2, ("192.0.2.1", 5004))
STRANGER = Origin(3, ("198.51.100.9", 4000))


class Port:
    """A filter of sequence numbers, and the clock."""

    def __init__(self) -> None:
        self.filter = SourceFilter[int]()
        self.now = 100.0

    def send(self, origin: Origin, *numbers: int, every: float = 0.0, size: int = 1200) -> list[int]:
        """Let these come, and see which pass."""
        passed: list[int] = []
        for number in numbers:
            passed += self.items(
                self.filter.offer(number, origin=origin, sequence_number=number & 0xFFFF, size=size, now=self.now)
            )
            self.now += every
        return passed

    def wait(self, seconds: float) -> list[int]:
        self.now += seconds
        return self.items(self.filter.poll(self.now))

    @staticmethod
    def items(admission: Admission[int]) -> list[int]:
        return [arrival.item for arrival in admission.arrivals]


def test_the_first_source_passes_from_its_first_packet_once_a_second_follows() -> None:
    port = Port()
    assert port.send(CALLER, 7) == []
    assert port.send(CALLER, 8) == [7, 8]
    assert port.send(CALLER, 9) == [9]


def test_probation_takes_the_two_packets_in_either_order() -> None:
    port = Port()
    assert port.send(CALLER, 8, 10, 7) == [8, 10, 7]


def test_two_packets_that_are_not_consecutive_or_the_same_twice_prove_nothing() -> None:
    port = Port()
    assert port.send(CALLER, 7, 9, 9, 11) == []


def test_a_neighbour_in_sequence_is_not_looked_for_among_all_that_a_stranger_sent() -> None:
    port = Port()
    assert port.send(CALLER, *range(0, 4 * PROBATION_REACH, 2), 1) == []
    assert port.send(CALLER, 2) != []


def test_a_stranger_who_sends_for_ten_seconds_changes_nothing() -> None:
    port = Port()
    port.send(CALLER, 0, 1)
    for number in range(2, 300):
        assert port.send(STRANGER, number * 2, number * 2 + 1) == []
        assert port.send(CALLER, number, every=1 / 30) == [number]
    assert port.filter.current == CALLER
    assert port.filter.refused > 500


def test_a_restarted_sender_takes_over_after_the_silence_with_all_it_sent() -> None:
    port = Port()
    port.send(CALLER, 0, 1)
    port.now += 0.02
    assert port.send(RESTARTED, 500, 501, 502, every=0.01) == []
    timeout = port.filter.next_timeout()
    assert timeout == 100.0 + SILENCE
    assert port.wait(timeout - port.now) == [500, 501, 502]
    assert port.filter.current == RESTARTED
    assert port.filter.refused == 0


def test_held_packets_keep_the_time_at_which_they_came() -> None:
    port = Port()
    port.send(CALLER, 0, 1)
    port.now += 0.05
    port.send(RESTARTED, 500, 501)
    admission = port.filter.poll(100.0 + SILENCE)
    assert admission.is_new_source
    assert [arrival.received for arrival in admission.arrivals] == [100.05, 100.05]


def test_after_a_bye_the_next_source_need_not_wait() -> None:
    port = Port()
    port.send(CALLER, 0, 1)
    port.filter.leave(port.now)
    assert port.send(RESTARTED, 500, 501) == [500, 501]


def test_a_source_that_was_waiting_takes_over_at_the_bye() -> None:
    port = Port()
    port.send(CALLER, 0, 1)
    port.send(RESTARTED, 500, 501)
    port.filter.leave(port.now)
    assert port.wait(0) == [500, 501]


def test_one_that_goes_on_sending_after_its_bye_is_protected_again() -> None:
    port = Port()
    port.send(CALLER, 0, 1)
    port.filter.leave(port.now)
    port.send(CALLER, *range(2, 8), every=0.03)
    assert port.send(STRANGER, 500, 501) == []


def test_the_same_ssrc_from_another_address_is_another_source() -> None:
    port = Port()
    port.send(CALLER, 0, 1)
    moved = Origin(CALLER.ssrc, ("192.0.2.1", 6000))
    assert port.send(moved, 2, 3) == []
    assert port.wait(SILENCE) == [2, 3]
    assert port.filter.current == moved


def test_a_jump_in_sequence_numbers_is_a_restart_once_two_packets_follow_it() -> None:
    port = Port()
    port.send(CALLER, 0, 1)
    assert port.send(CALLER, 30000) == []
    assert port.send(CALLER, 2) == [2]
    assert port.send(CALLER, 30001) == [30000, 30001]
    assert port.send(CALLER, 30002) == [30002]


def test_sequence_numbers_wrap_and_late_ones_still_belong() -> None:
    port = Port()
    assert port.send(CALLER, 65533, 65534, 65537, 65535, 65536, 65300) == [65533, 65534, 65537, 65535, 65536, 65300]


def test_five_seconds_of_silence_end_nothing() -> None:
    port = Port()
    port.send(CALLER, 0, 1)
    assert port.wait(5) == []
    assert port.send(CALLER, 2) == [2]


def test_one_who_stopped_sending_long_ago_does_not_take_over() -> None:
    port = Port()
    port.send(CALLER, 0, 1)
    port.send(STRANGER, 500, 501)
    for number in range(2, 40):
        port.send(CALLER, number, every=1 / 30)
    assert port.wait(SILENCE) == []
    assert port.filter.current == CALLER
    assert port.filter.next_timeout() is None


def test_what_a_waiting_source_sends_is_held_for_a_bounded_time_number_and_size() -> None:
    port = Port()
    port.send(CALLER, 0, 1)
    for number in range(2, 100):
        port.send(CALLER, number)
        port.send(STRANGER, number, every=0.02)
    port.filter.leave(port.now)
    held = port.wait(0)
    assert (MAX_HELD_AGE / 0.02) - 1 <= len(held) <= (MAX_HELD_AGE / 0.02) + 1

    port.send(CALLER, *range(5000), size=0)
    port.filter.leave(port.now)
    assert len(port.wait(0)) <= MAX_HELD_PACKETS

    port.send(RESTARTED, *range(50), size=65507)
    port.filter.leave(port.now)
    assert 0 < len(port.wait(0)) <= MAX_HELD_OCTETS // 65507


def test_a_flood_of_invented_ssrcs_neither_grows_memory_nor_hides_a_proven_source() -> None:
    port = Port()
    port.send(CALLER, 0, 1)
    port.send(RESTARTED, 500, 501)
    for ssrc in range(1000, 2000):
        port.send(Origin(ssrc, STRANGER.address), 1)
    assert port.filter.refused >= 1000 - MAX_CANDIDATES
    assert port.wait(SILENCE) == [500, 501]
