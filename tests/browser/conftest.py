"""Cameras and a server for the browser tests, made once."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.browser.camera import FakeCamera, fake_camera
from tests.browser.serving import READY
from tests.peers.clips import LANDSCAPE
from tests.peers.link import free_port

TOKEN = "a-token-for-tests"


@pytest.fixture(scope="session")
def cameras(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where this run's cameras lie."""
    return tmp_path_factory.mktemp("cameras")


@pytest.fixture(scope="session")
def camera(cameras: Path) -> FakeCamera:
    """The caller at 640x360: what two cores code, matte and watch at once."""
    return fake_camera(cameras, LANDSCAPE)


@dataclass(frozen=True, slots=True)
class Host:
    """A server that asks for `token`. Pages from `other_port` of this machine may call it."""

    url: str
    token: str
    other_port: int

    @property
    def page(self) -> str:
        """The test page, let in."""
        return f"{self.url}#token={self.token}"

    @property
    def bare(self) -> str:
        """A page of the server without a script of its own; `bypass_csp=True` lets a test's fetch."""
        return f"{self.url}healthz"


@pytest.fixture(scope="session")
def host() -> Iterator[Host]:
    """`changebg serve` as a process."""
    other = free_port()
    command = [sys.executable, "-m", "gateway.cli", "serve", "--port", "0", "--drain", "0"]
    command += ["--preset", "ultrafast", "--allow-origin", f"http://127.0.0.1:{other}"]
    environ = {name: value for name, value in os.environ.items() if not name.startswith("CHANGEBG_")}
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, text=True, env=environ | {"CHANGEBG_TOKEN": TOKEN}
    ) as process:
        assert process.stdout is not None
        line = process.stdout.readline()
        assert line.startswith(READY), line
        yield Host(line.removeprefix(READY).split("#")[0].strip(), TOKEN, other)
        process.terminate()
        assert process.wait(15) == 0
