from __future__ import annotations

from gateway.rtp.keyframes import MAX_REQUESTERS, MIN_INTERVAL, KeyframeRequests


def test_the_first_request_is_passed_on_at_once_and_once() -> None:
    requests = KeyframeRequests()
    assert not requests.due(1.0)
    requests.ask()
    assert requests.due(1.0)
    assert not requests.due(1.0)
    assert requests.next_timeout() is None


def test_a_second_request_waits_until_the_interval_is_over() -> None:
    requests = KeyframeRequests()
    requests.ask()
    assert requests.due(1.0)
    requests.ask()
    assert not requests.due(1.0 + MIN_INTERVAL * 0.9)
    timeout = requests.next_timeout()
    assert timeout == 1.0 + MIN_INTERVAL
    assert requests.due(timeout)


def test_a_key_frame_answers_every_request_before_it() -> None:
    requests = KeyframeRequests()
    requests.ask()
    assert requests.due(1.0)
    requests.ask()
    requests.sent(1.1)
    assert not requests.due(2.0)
    requests.ask()
    assert requests.due(2.0)


def test_a_repeated_command_is_one_request() -> None:
    requests = KeyframeRequests()
    assert requests.command(5, 1)
    assert requests.due(1.0)
    assert not requests.command(5, 1)
    assert not requests.due(2.0)
    assert requests.command(5, 2)
    assert requests.command(6, 1)
    assert requests.due(2.0)


def test_the_memory_of_requesters_is_bounded() -> None:
    requests = KeyframeRequests()
    for requester in range(MAX_REQUESTERS + 1):
        assert requests.command(requester, 1)
    assert requests.command(0, 1), "the oldest is forgotten"
    assert not requests.command(MAX_REQUESTERS, 1)
