"""Cameras of the browser tests, drawn once."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.browser.camera import FakeCamera, fake_camera
from tests.peers.clips import LANDSCAPE


@pytest.fixture(scope="session")
def cameras(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where this run's cameras lie."""
    return tmp_path_factory.mktemp("cameras")


@pytest.fixture(scope="session")
def camera(cameras: Path) -> FakeCamera:
    """The caller at 640x360: what two cores code, matte and watch at once."""
    return fake_camera(cameras, LANDSCAPE)
