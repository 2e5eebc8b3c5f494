"""Guards that run around every test."""

from __future__ import annotations

import asyncio
import inspect
import os
import time
from collections.abc import Iterator
from typing import Any

import pytest
from blockbuster import BlockBuster, blockbuster_ctx

ON_THE_LOOP = 0.02
"""Seconds of processor time one callback may take on the event loop while `loop_guard` watches."""


ALONE = (
    *(f"tests/browser/test_{name}.py" for name in ("bad_links", "firefox", "harness", "lip_sync", "live_change")),
    *(f"tests/browser/test_{name}.py" for name in ("moving", "peer", "sizes")),
    "tests/test_demo.py",
    "tests/test_lip_sync.py",
    "tests/test_webrtc_",
)
"""Tests that need both cores: a browser's calls, whose frames are late where another test has one of them."""

CORES = 2
"""As many as the machine has on which these tests must be quick."""


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers(config: pytest.Config) -> int:
    """The whole suite takes two processes; what was asked for by name takes none but this one."""
    return CORES if config.args_source is pytest.Config.ArgsSource.TESTPATHS else 0


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> object:
    """One process does all that must be alone, and does it when there is nothing left for the other."""
    from xdist.scheduler import LoadScopeScheduling  # type: ignore[import-untyped]

    class AloneLast(LoadScopeScheduling):  # type: ignore[misc]  # of a library without types
        def _split_scope(self, nodeid: str) -> str:
            return "alone" if nodeid.startswith(ALONE) else nodeid

    return AloneLast(config, log)


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put last what must be alone; see to the slow ones."""
    items.sort(key=lambda item: item.nodeid.startswith(ALONE))
    _leave_out_the_slow(items)


def _leave_out_the_slow(items: list[pytest.Item]) -> None:
    """They run where they are asked for."""
    if os.environ.get("CHANGEBG_SLOW") == "1":
        return
    for item in items:
        if "slow" in item.keywords:
            item.add_marker(pytest.mark.skip(reason="slow: runs with CHANGEBG_SLOW=1"))


@pytest.fixture(autouse=True)
def blocking_guard(request: pytest.FixtureRequest) -> Iterator[BlockBuster | None]:
    """A blocking call that our own code makes on the event loop fails the test that led to it."""
    if not inspect.iscoroutinefunction(getattr(request.node, "obj", None)):
        yield None
        return
    with blockbuster_ctx(scanned_modules=["gateway", "transforms"]) as guard:
        # The thread has told the loop that it is done: the join takes microseconds.
        guard.functions["threading.Lock.acquire"].can_block_in("gateway/worker.py", "aclose")
        yield guard


@pytest.fixture
def loop_guard(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Decoding, matting or encoding on the event loop fails the test.

    Native code is no blocking call to the other guard, but it burns processor time, and that of the loop's own thread
    does not grow when the machine is busy elsewhere. What the test itself does between two awaits counts as well.
    """
    heavy: list[str] = []
    run = asyncio.events.Handle._run

    def watched(handle: asyncio.Handle) -> None:
        begun = time.thread_time()
        run(handle)
        if (taken := time.thread_time() - begun) > ON_THE_LOOP:
            heavy.append(f"{handle!r}: {taken * 1000:.0f} ms")

    monkeypatch.setattr(asyncio.events.Handle, "_run", watched)
    yield
    assert not heavy, f"on the event loop: {heavy}"
