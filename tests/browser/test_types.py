"""The page is JavaScript with types in its comments; TypeScript's compiler reads them."""

from __future__ import annotations

import subprocess
from pathlib import Path

from tests.peers.npm import npm_folder

HERE = Path(__file__).parent
WEB = HERE.parents[1] / "web"


def tsc(*arguments: str) -> str:
    """What the compiler complains of."""
    command = [str(npm_folder() / "node_modules" / ".bin" / "tsc"), *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False).stdout


def test_the_page_is_typed() -> None:
    assert tsc("--project", str(HERE / "tsconfig.json")) == ""


def test_the_declarations_that_programs_import_are_those_of_the_module(tmp_path: Path) -> None:
    assert tsc("--project", str(HERE / "tsconfig.types.json"), "--outDir", str(tmp_path)) == ""
    made = {path.name: path.read_text() for path in tmp_path.glob("*.d.ts")}
    assert made == {path.name: path.read_text() for path in WEB.glob("*.d.ts")}
