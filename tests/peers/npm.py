"""Other people's JavaScript that the tests run: installed once, by npm, outside of the working tree.

What is installed is named in `tests/browser/package.json`, in exact versions, and lies in the user's cache folder under
a name that changes with that file.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any, Self

import pytest

from tests.peers.process import ChildProcess
from tests.peers.programs import require_program

MANIFEST = Path(__file__).parents[1] / "browser" / "package.json"
PATIENCE = 300.0
"""Seconds for npm to fetch 50 MB."""


@cache
def npm_folder() -> Path:
    """A folder whose `node_modules` holds the packages; the test skips where they cannot be had.

    With CHANGEBG_REQUIRE_PEERS=1 it fails instead.
    """
    npm = require_program("npm", package="npm")
    require_program("node", package="nodejs")
    manifest = MANIFEST.read_bytes()
    cache_home = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    folder = cache_home / "changebg-tests" / sha256(manifest).hexdigest()[:16]
    if not (folder / "whole").exists():
        folder.mkdir(parents=True, exist_ok=True)
        (folder / MANIFEST.name).write_bytes(manifest)
        _install(npm, folder)
        (folder / "whole").touch()
    return folder


def _install(npm: str, folder: Path) -> None:
    command = [npm, "install", "--no-package-lock", "--no-audit", "--no-fund", "--ignore-scripts", "--loglevel=error"]
    try:
        subprocess.run(command, cwd=folder, check=True, capture_output=True, timeout=PATIENCE)
    except (subprocess.CalledProcessError, subprocess.TimeoutExpired) as error:
        packages = ", ".join(json.loads(MANIFEST.read_text())["dependencies"])
        missing = f"npm cannot install {packages}: {(error.stderr or b'').decode()}"
        if os.environ.get("CHANGEBG_REQUIRE_PEERS") == "1":
            pytest.fail(missing)
        pytest.skip(missing)


class NodePeer(ChildProcess):
    """A script of `tests/peers/node`, which tells what happens to it in lines of JSON. Runs as its block does."""

    def __init__(self, script: str, *arguments: str) -> None:
        folder = npm_folder()
        # Modules are found from where a script lies.
        place = shutil.copy(Path(__file__).parent / "node" / script, folder / script)
        node = require_program("node", package="nodejs")
        super().__init__([node, "--unhandled-rejections=warn", str(place), *arguments])  # as a browser takes them

    @property
    def told(self) -> list[dict[str, Any]]:
        """All it told so far."""
        return [json.loads(line) for line in self.output.decode().splitlines(keepends=True) if line.endswith("\n")]

    async def say(self, word: str) -> Self:
        """Give it a command."""
        assert self.process.stdin is not None
        self.process.stdin.write(f"{word}\n".encode())
        await self.process.stdin.drain()
        return self

    async def until(self, count: int = 1, *, within: float = 15.0, **told: object) -> list[dict[str, Any]]:
        """Wait until it has told so much `count` times; `...` for any value. What it told then."""

        def matching() -> list[dict[str, Any]]:
            return [
                line
                for line in self.told
                if all(key in line and value in (..., line[key]) for key, value in told.items())
            ]

        await self.watch.until(lambda: len(matching()) >= count, f"{count} times {told}", within=within)
        return matching()
