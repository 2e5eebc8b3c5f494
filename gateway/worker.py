"""The one thread in which a session's pictures are decoded, matted and encoded.

The event loop moves packets and nothing else; whatever takes longer than a packet is handed over to a `Worker`. It is a
daemon thread with a queue rather than an executor's, because an executor is joined when the interpreter ends: one call
stuck in native code would then keep the process alive for ever.
"""

from __future__ import annotations

import asyncio
import threading
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from queue import SimpleQueue
from time import monotonic
from typing import Any, ParamSpec, TypeVar, TypeVarTuple, Unpack, cast

from gateway.errors import GatewayError

P = ParamSpec("P")
T = TypeVar("T")
Args = TypeVarTuple("Args")

PATIENCE = 5.0
"""Seconds one job may take. Decoding, matting and encoding a picture take milliseconds: longer is a hang, not load."""

GRACE = 0.25
"""Seconds a job that looks stuck is given after all: a process stopped and continued finds all its timers overdue."""

MAX_WAITING = 16
"""Jobs handed over and not yet done. A session awaits each of its few jobs, so more is a fault of the caller."""


class WorkerStuck(GatewayError):  # noqa: N818  (a state of affairs, not a fault)
    """Native code did not come back: the session that owns the worker has to end."""


class WorkerClosed(Exception):  # noqa: N818  (a state of affairs, not a fault)
    """The job was not done, for the worker had been closed."""


class Worker:
    """Runs functions one after another in a thread of its own, for the coroutines of one event loop.

    Invariants: jobs are done in the order of the calls to `run`; one that is cancelled before its turn is not begun; at
    most `MAX_WAITING` are waiting; once stuck or closed it takes no more. `busy`: seconds that the jobs done so far
    took.
    """

    def __init__(self, name: str = "worker", *, patience: float = PATIENCE) -> None:
        self._name = name
        self._patience = patience
        self._jobs: SimpleQueue[_Job | None] = SimpleQueue()
        self._waiting: deque[_Job] = deque()
        self._begun = 0.0
        self.busy = 0.0
        self._refusal: Exception | None = None
        self._watchdog: asyncio.TimerHandle | None = None
        self._thread: threading.Thread | None = None
        self._ended = asyncio.Event()

    async def run(self, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """What `function` returns or raises, called in the thread.

        A caller that is cancelled does not wait: a job that has begun is finished and its result thrown away.

        Raises:
            WorkerStuck: this job or one before it has been running for `patience` seconds.
            WorkerClosed: `close` was called first.
        """
        if self._refusal is not None:
            raise self._refusal
        if len(self._waiting) >= MAX_WAITING:
            raise RuntimeError(f"{MAX_WAITING} jobs are waiting for the worker {self._name}")
        loop = asyncio.get_running_loop()
        job = _Job(lambda: function(*args, **kwargs), loop.create_future())
        self._hand_over(job, loop)
        try:
            return cast(T, await job.outcome)
        finally:
            self._waiting.remove(job)

    def close(self) -> None:
        """End the thread once the job it is at is done. Jobs not yet begun raise `WorkerClosed`."""
        self._refuse(WorkerClosed(f"the worker {self._name} is closed"))

    async def aclose(self) -> None:
        """Close, and see the thread end; one that is known to be stuck is left behind.

        Raises:
            WorkerStuck: the thread did not end within `patience` seconds.
        """
        self.close()
        if self._thread is None or isinstance(self._refusal, WorkerStuck):
            return
        try:
            async with asyncio.timeout(self._patience):
                await self._ended.wait()
        except TimeoutError as late:
            raise WorkerStuck(f"the worker {self._name} did not end within {self._patience:g} s") from late
        self._thread.join()  # it has nothing left to do

    def _hand_over(self, job: _Job, loop: asyncio.AbstractEventLoop) -> None:
        if self._thread is None:
            self._thread = threading.Thread(target=self._work, args=(loop,), name=self._name, daemon=True)
            self._thread.start()
        if not self._waiting:
            self._begun = monotonic()
        if self._watchdog is None:
            self._watchdog = loop.call_later(self._patience, self._watch, loop, None)
        self._waiting.append(job)
        self._jobs.put(job)

    def _watch(self, loop: asyncio.AbstractEventLoop, suspect: float | None) -> None:
        """One timer, re-armed while there is work, for all jobs. `suspect`: when the job found overdue had begun."""
        self._watchdog = None
        if not self._waiting:
            return
        begun = self._begun
        left = begun + self._patience - monotonic()
        if left > 0:
            self._watchdog = loop.call_later(left, self._watch, loop, None)
        elif suspect != begun:
            self._watchdog = loop.call_later(GRACE, self._watch, loop, begun)
        else:
            self._refuse(WorkerStuck(f"the worker {self._name} has been stuck in one job for {self._patience:g} s"))

    def _refuse(self, reason: Exception) -> None:
        """Take no more jobs and fail those still waiting, the one a stuck thread is at included."""
        if self._refusal is not None:
            return
        self._refusal = reason
        if self._watchdog is not None:
            self._watchdog.cancel()
        self._jobs.put(None)
        for job in self._waiting:
            if isinstance(reason, WorkerStuck) or not job.has_begun:
                _settle(job.outcome, None, reason)

    def _work(self, loop: asyncio.AbstractEventLoop) -> None:
        while (job := self._jobs.get()) is not None:
            self._begun = begun = monotonic()
            job.do(loop)
            self.busy += monotonic() - begun
        _tell(loop, self._ended.set)


class _Job:
    """A call, and the future that awaits its outcome."""

    __slots__ = ("_call", "has_begun", "outcome")

    def __init__(self, call: Callable[[], object], outcome: asyncio.Future[Any]) -> None:
        self._call = call
        self.outcome = outcome
        self.has_begun = False

    def do(self, loop: asyncio.AbstractEventLoop) -> None:
        """In the thread: call, and have the loop deliver what came of it."""
        if self.outcome.done():
            return
        self.has_begun = True
        result, error = None, None
        try:
            result = self._call()
        except BaseException as raised:  # noqa: BLE001  (it belongs to whoever awaits the job)
            error = raised
        _tell(loop, _settle, self.outcome, result, error)


def _tell(loop: asyncio.AbstractEventLoop, callback: Callable[[Unpack[Args]], object], *args: *Args) -> None:
    """Have the loop call back; a loop that is closed has nobody left who waits."""
    with suppress(RuntimeError):
        loop.call_soon_threadsafe(callback, *args)


def _settle(outcome: asyncio.Future[Any], result: object, error: BaseException | None) -> None:
    if outcome.done():
        return
    if error is None:
        outcome.set_result(result)
    else:
        outcome.set_exception(error)
