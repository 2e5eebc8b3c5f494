"""Other people's programs and libraries that flows and benchmarks run against."""

from __future__ import annotations

import ctypes
import os
import shutil
from typing import NoReturn

import pytest


def require_program(name: str, *, package: str) -> str:
    """The path of a program. Where it is missing the test skips and names the Debian package that has it.

    With CHANGEBG_REQUIRE_PEERS=1 the test fails instead, so that a machine meant to run everything does.
    """
    path = shutil.which(name)
    if path is None:
        _lack(name, package)
    return path


def require_library(name: str, *, package: str) -> None:
    """Skip or fail likewise where the dynamic linker finds no library of this name."""
    try:
        ctypes.CDLL(name)
    except OSError:
        _lack(name, package)


def require_mediapipe() -> None:
    """What MediaPipe needs beside what pip installs."""
    require_library("libEGL.so.1", package="libegl1")
    require_library("libGLESv2.so.2", package="libgles2")


def _lack(name: str, package: str) -> NoReturn:
    missing = f"{name} is not installed: apt-get install {package}"
    if os.environ.get("CHANGEBG_REQUIRE_PEERS") == "1":
        pytest.fail(missing)
    pytest.skip(missing)
