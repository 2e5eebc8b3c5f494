"""Report blocks against numbers worked out by hand from RFC 3550 A.3 and A.8."""

from __future__ import annotations

import pytest

from gateway.rtp.statistics import LastSenderReport, ReceptionStatistics


def statistics() -> ReceptionStatistics:
    return ReceptionStatistics(ssrc=7, clock_rate=90000)


def test_loss_is_told_for_the_interval_and_in_all() -> None:
    stats = statistics()
    for sequence in range(100, 120):
        if sequence not in (105, 106, 107, 108, 109):
            stats.receive(sequence, 0, 0.0)
    first = stats.report(1.0, last_sr=None)
    assert (first.ssrc, first.fraction_lost, first.packets_lost) == (7, 256 * 5 // 20, 5)
    for sequence in range(120, 130):
        stats.receive(sequence, 0, 1.0)
    second = stats.report(2.0, last_sr=None)
    assert (second.fraction_lost, second.packets_lost, second.highest_sequence) == (0, 5, 129)


def test_all_lost_but_one_stays_within_eight_bits() -> None:
    stats = statistics()
    stats.receive(0, 0, 0.0)
    stats.report(0.0, last_sr=None)
    stats.receive(1000, 0, 0.0)
    assert stats.report(0.0, last_sr=None).fraction_lost == 255


def test_duplicates_make_the_loss_negative_and_the_fraction_zero() -> None:
    stats = statistics()
    for sequence in (1, 2, 2, 2):
        stats.receive(sequence, 0, 0.0)
    block = stats.report(0.0, last_sr=None)
    assert (block.packets_lost, block.fraction_lost) == (-2, 0)


def test_the_highest_sequence_carries_its_cycles() -> None:
    stats = statistics()
    for sequence in (65535, 65537, 65536):
        stats.receive(sequence, 0, 0.0)
    assert stats.report(0.0, last_sr=None).highest_sequence == 0x10001


def test_an_even_stream_has_no_jitter_even_where_its_timestamps_wrap() -> None:
    stats = statistics()
    for i in range(50):
        stats.receive(i, (0xFFFFFFFF - 6000 + 3000 * i) & 0xFFFFFFFF, 1000 + i / 30)
    assert stats.jitter == pytest.approx(0, abs=1e-3)


def test_jitter_is_a_sixteenth_of_the_first_deviation() -> None:
    stats = statistics()
    stats.receive(0, 0, 0.0)
    stats.receive(1, 3000, 3000 / 90000 + 0.016)
    assert stats.jitter == pytest.approx(0.016 * 90000 / 16)
    assert stats.report(1.0, last_sr=None).jitter == 90


def test_the_last_sender_report_and_its_age_are_told() -> None:
    stats = statistics()
    stats.receive(0, 0, 0.0)
    block = stats.report(12.5, last_sr=LastSenderReport(middle_ntp=0xABCD1234, received=10.0))
    assert (block.last_sr, block.delay_since_last_sr) == (0xABCD1234, 5 * 65536 // 2)


def test_only_a_source_that_sent_since_is_worth_a_report() -> None:
    stats = statistics()
    news = [stats.has_news]
    stats.receive(0, 0, 0.0)
    news.append(stats.has_news)
    stats.report(1.0, last_sr=None)
    news.append(stats.has_news)
    assert news == [False, True, False]
