from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from functools import partial
from typing import Literal

import pytest

from gateway.call.leg import Leg
from gateway.worker import Worker
from tests.calls import callee, caller
from tests.calls_of_server import effect, sessions, until
from tests.mattings import Steered, pipeline
from tests.test_sessions_rtp import UNITS, described, port_in_range, to

PLAIN = effect()


class Broken(Leg):
    """Fails as soon as it runs."""

    kind: Literal["rtp"] = "rtp"

    def transport(self) -> Sequence[dict[str, object]]:
        return []

    async def _until_over(self, tasks: asyncio.TaskGroup) -> None:
        raise RuntimeError("a mistake of ours")


async def test_a_leg_that_fails_touches_no_other(caplog: pytest.LogCaptureFixture) -> None:
    async with sessions() as (calls, news), callee() as far_end:
        port = port_in_range(calls)
        session, _ = await calls.create(described(port), to(far_end), PLAIN)
        async with caller(port) as source:
            source.send(*UNITS["H264"][:2])
            await far_end.receive(2)
            with caplog.at_level(logging.ERROR):
                session.add(Broken(session.board, role="watcher"))
                await until(lambda: "leg.removed" in news.types)
            assert "a mistake of ours" in caplog.text
            source.send(*UNITS["H264"][2:4])
            await far_end.receive(2)
        assert session.state == "live"
        assert calls.ready


async def test_a_stuck_worker_ends_its_session_alone_and_the_server_is_not_ready(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("gateway.call.session.Worker", partial(Worker, patience=0.2))
    stuck = Steered()
    async with sessions() as (calls, news), callee() as one, callee() as other:
        ports = [port_in_range(calls), port_in_range(calls)]
        session, _ = await calls.create(described(ports[0]), to(one), PLAIN)
        await calls.create(described(ports[1]), to(other), PLAIN)
        session._matting.replace_pipeline(pipeline(stuck))
        async with caller(ports[0]) as first, caller(ports[1]) as second:
            first.send(*UNITS["H264"][:2])
            await until(lambda: len(calls) == 1)
            assert calls.unready == ("a worker is stuck",)
            assert "stuck" in str(next(event for event in news.all if event.type == "session.ended").data["reason"])
            second.send(*UNITS["H264"][:3])
            await other.receive(3)
    stuck.leave.release(9)
