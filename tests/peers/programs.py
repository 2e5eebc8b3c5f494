"""Other people's programs that flows and benchmarks run against."""

from __future__ import annotations

import os
import shutil

import pytest


def require_program(name: str, *, package: str) -> str:
    """The path of a program. Where it is missing the test skips and names the Debian package that has it.

    With CHANGEBG_REQUIRE_PEERS=1 the test fails instead, so that a machine meant to run everything does.
    """
    path = shutil.which(name)
    if path is not None:
        return path
    missing = f"{name} is not installed: apt-get install {package}"
    if os.environ.get("CHANGEBG_REQUIRE_PEERS") == "1":
        pytest.fail(missing)
    pytest.skip(missing)
