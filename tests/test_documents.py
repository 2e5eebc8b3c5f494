"""The documents point at things that are there."""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import av
import pytest
from aiortc import VideoStreamTrack
from PIL import Image

from transforms.picture import Picture, Size
from transforms.sample import SampleCaller

ROOT = Path(__file__).parents[1]
DOCUMENTS = sorted(path for pattern in ("*.md", "docs/*.md") for path in ROOT.glob(pattern))
_FENCE = re.compile(r"^```.*?^```", re.MULTILINE | re.DOTALL)


def _headings(document: Path) -> set[str]:
    """The anchors a reader's link can name, as GitHub makes them of headings."""
    headings = re.findall(r"^#+ (.+)$", _FENCE.sub("", document.read_text()), flags=re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_relative_link_leads_somewhere(document: Path) -> None:
    broken = []
    for link in re.findall(r"\]\(([^)\s]+)\)", document.read_text()):
        path, _, anchor = link.partition("#")
        if "://" in path:
            continue
        target = document.parent / path if path else document
        if not target.exists() or (anchor and anchor not in _headings(target)):
            broken.append(link)
    assert broken == []


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_files_named_in_code_marks_exist(document: Path) -> None:
    named = re.findall(r"`((?:gateway|transforms|tests|tools|web|docs)/[\w./-]+)`", document.read_text())
    assert [name for name in named if not (ROOT / name).exists()] == []


def test_every_option_the_readme_names_is_one_the_command_takes() -> None:
    others = re.compile(r"^ *(docker|ffmpeg|ffplay|curl) .*$", re.MULTILINE)
    options = set(re.findall(r"(?<![\w-])--[a-z][a-z-]+", others.sub("", (ROOT / "README.md").read_text())))
    known: set[str] = set()
    for command in ("relay", "file", "serve", "demo", "keycolor"):
        run = subprocess.run(
            [sys.executable, "-m", "gateway.cli", command, "--help"], capture_output=True, text=True, check=True
        )
        known |= set(re.findall(r"--[a-z][a-z-]+", run.stdout))
    assert options - known - {"--help", "--version"} == set()


def test_the_architecture_has_a_room_for_every_module() -> None:
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
    layers = [layer for contract in contracts for layer in contract.get("layers", ())]
    modules = {module for layer in layers for module in re.split(r"[\s|:]+", layer) if not module.startswith("(")}
    linked = re.findall(r"\]\((?:gateway|transforms)/([\w/]+)(?:\.py)?\)", (ROOT / "ARCHITECTURE.md").read_text())
    assert modules - {link.rpartition("/")[2] for link in linked} == set()


def test_every_benchmark_is_listed() -> None:
    benchmarks = {path.stem for path in ROOT.glob("tests/benchmarks/*.py") if "def main" in path.read_text()}
    benchmarks |= {path.parent.name for path in ROOT.glob("tests/benchmarks/*/__main__.py")}
    listed = re.findall(r"\]\(tests/benchmarks/(\w+)(?:\.py)?\)", (ROOT / "CONTRIBUTING.md").read_text())
    assert benchmarks == set(listed)


async def test_the_readmes_program_replaces_a_background(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Image.new("RGB", (320, 240), "white").save("beach.jpg")
    (program,) = re.findall(r"^```python\n(.*?)^```", (ROOT / "README.md").read_text(), re.MULTILINE | re.DOTALL)
    names: dict[str, Any] = {"__name__": "readme"}
    exec(compile(program, "README.md", "exec"), names)
    track = await names["with_background"](Caller(SampleCaller(Size(180, 320)).frame(0)[0]))
    try:
        composite = await track.recv()
    finally:
        await track.aclose()
    corner = int(Picture.of(composite).y.rows[:8, :8].mean())
    assert (composite.width, composite.height, corner) == (180, 320, 235)


class Caller(VideoStreamTrack):
    """A camera before which nothing moves."""

    def __init__(self, frame: av.VideoFrame) -> None:
        super().__init__()
        self._frame = frame

    async def recv(self) -> av.VideoFrame:
        return self._frame


def test_ci_installs_every_program_that_a_test_asks_for() -> None:
    asked = {
        package
        for path in ROOT.glob("tests/**/*.py")
        for package in re.findall(r'require_program\([^)]*package="([\w-]+)"\)', path.read_text())
    }
    installed = set(re.findall(r"[\w-]+:([\w-]+)", (ROOT / ".ci/run").read_text()))
    assert {"ffmpeg", "chromium"} <= asked <= installed
