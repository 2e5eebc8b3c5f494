"""Clips for the flows, made once."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.peers.clips import Clip, make_clip


@pytest.fixture(scope="session")
def clips(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where this run's clips lie."""
    return tmp_path_factory.mktemp("clips")


@pytest.fixture(scope="session")
def clip(clips: Path) -> Clip:
    """Two seconds of H264, a marker pattern all over the screen: a leak of it is seen anywhere."""
    return make_clip(clips, frames=60, markers=True)
