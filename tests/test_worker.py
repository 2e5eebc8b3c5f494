from __future__ import annotations

import asyncio
import threading
from time import monotonic

import pytest

from gateway.worker import MAX_WAITING, Worker, WorkerClosed, WorkerStuck


async def test_jobs_run_in_one_other_thread_in_order() -> None:
    worker = Worker()
    done: list[int] = []

    def job(number: int) -> int:
        done.append(number)
        return threading.get_ident()

    threads = await asyncio.gather(*(worker.run(job, number) for number in range(10)))
    assert done == list(range(10))
    assert len(set(threads)) == 1
    assert threads[0] != threading.get_ident()
    await worker.aclose()


async def test_what_a_job_raises_reaches_its_caller_and_the_next_job_runs() -> None:
    worker = Worker()
    with pytest.raises(ZeroDivisionError):
        await worker.run(divmod, 1, 0)
    assert await worker.run(divmod, 7, 2) == (3, 1)
    await worker.aclose()


async def test_it_counts_the_time_its_jobs_take_and_none_between() -> None:
    worker, begun = Worker(), monotonic()

    def job() -> None:
        until = monotonic() + 0.02
        while monotonic() < until:
            pass

    for _ in range(2):
        await worker.run(job)
    await worker.run(int)  # what the last one took is counted once the next begins
    assert 0.04 <= worker.busy <= monotonic() - begun
    await worker.aclose()


async def test_a_cancelled_caller_does_not_wait_for_a_job_that_has_begun() -> None:
    worker, begun, release = Worker(), asyncio.Event(), threading.Event()
    loop = asyncio.get_running_loop()

    def job() -> None:
        loop.call_soon_threadsafe(begun.set)
        release.wait()

    caller = asyncio.create_task(worker.run(job))
    await begun.wait()
    caller.cancel()
    with pytest.raises(asyncio.CancelledError):
        await caller
    release.set()
    assert await worker.run(int, "5") == 5
    await worker.aclose()


async def test_a_job_cancelled_before_its_turn_is_not_begun() -> None:
    worker, release = Worker(), threading.Event()
    first = asyncio.create_task(worker.run(release.wait))
    done: list[str] = []
    second = asyncio.create_task(worker.run(done.append, "second"))
    await asyncio.sleep(0)
    second.cancel()
    with pytest.raises(asyncio.CancelledError):
        await second
    release.set()
    assert await first is True
    await worker.run(int)
    assert done == []
    await worker.aclose()


async def test_a_stuck_job_fails_its_caller_and_all_that_follow() -> None:
    worker, release = Worker(patience=0.05), threading.Event()
    stuck, behind = asyncio.create_task(worker.run(release.wait)), asyncio.create_task(worker.run(int))
    for caller in (stuck, behind):
        with pytest.raises(WorkerStuck, match="stuck in one job"):
            await caller
    with pytest.raises(WorkerStuck):
        await worker.run(int)
    await worker.aclose()
    release.set()


async def test_close_does_not_wait_for_ever_for_a_job_that_is_stuck() -> None:
    worker, begun, release = Worker(patience=0.05), asyncio.Event(), threading.Event()
    loop = asyncio.get_running_loop()

    def job() -> None:
        loop.call_soon_threadsafe(begun.set)
        release.wait()

    caller = asyncio.create_task(worker.run(job))
    await begun.wait()
    caller.cancel()
    with pytest.raises(WorkerStuck, match="did not end"):
        await worker.aclose()
    release.set()


async def test_a_queue_of_short_jobs_is_not_taken_for_a_stuck_one() -> None:
    worker = Worker(patience=0.1)
    tick = threading.Event()
    assert await asyncio.gather(*(worker.run(tick.wait, 0.05) for _ in range(10))) == [False] * 10
    await worker.aclose()


async def test_more_callers_than_a_session_has_are_refused() -> None:
    worker, release = Worker(), threading.Event()
    callers = [asyncio.create_task(worker.run(release.wait)) for _ in range(MAX_WAITING)]
    await asyncio.sleep(0)
    with pytest.raises(RuntimeError, match="waiting for the worker"):
        await worker.run(int)
    release.set()
    await asyncio.gather(*callers)
    await worker.aclose()


async def test_close_finishes_the_running_job_refuses_the_rest_and_leaves_no_thread() -> None:
    before = threading.active_count()
    worker, begun, release = Worker(), asyncio.Event(), threading.Event()
    loop = asyncio.get_running_loop()

    def job() -> str:
        loop.call_soon_threadsafe(begun.set)
        release.wait()
        return "whole"

    running, waiting = asyncio.create_task(worker.run(job)), asyncio.create_task(worker.run(int))
    await begun.wait()
    worker.close()
    release.set()
    assert await running == "whole"
    with pytest.raises(WorkerClosed):
        await waiting
    await worker.aclose()
    assert threading.active_count() == before
