"""The documents point at things that are there."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

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
    options = set(re.findall(r"(?<![\w-])--[a-z][a-z-]+", (ROOT / "README.md").read_text()))
    known: set[str] = set()
    for command in ("relay", "file", "demo"):
        run = subprocess.run(
            [sys.executable, "-m", "gateway.cli.main", command, "--help"], capture_output=True, text=True, check=True
        )
        known |= set(re.findall(r"--[a-z][a-z-]+", run.stdout))
    assert options - known - {"--help", "--version"} == set()
