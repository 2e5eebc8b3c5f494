"""What is built and locked is what pyproject.toml says."""

from __future__ import annotations

import re
import tomllib
import zipfile
from importlib.util import find_spec
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[1]
LOCK = (ROOT / "requirements.lock").read_text()
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]


def _required() -> list[Requirement]:
    extras = [line for lines in PROJECT["optional-dependencies"].values() for line in lines]
    requirements = [Requirement(line) for line in [*PROJECT["dependencies"], *extras]]
    return [requirement for requirement in requirements if requirement.name != PROJECT["name"]]


def _locked() -> dict[str, list[str]]:
    versions: dict[str, list[str]] = {}
    for name, version in re.findall(r"^([A-Za-z0-9._-]+)==(\S+)", LOCK, flags=re.MULTILINE):
        versions.setdefault(canonicalize_name(name), []).append(version)
    return versions


@pytest.mark.parametrize("requirement", _required(), ids=str)
def test_lock_holds_versions_pyproject_allows(requirement: Requirement) -> None:
    versions = _locked()[canonicalize_name(requirement.name)]
    assert versions
    assert all(requirement.specifier.contains(version) for version in versions)


def test_every_locked_version_has_a_hash() -> None:
    entries = re.split(r"^(?=[A-Za-z0-9])", LOCK, flags=re.MULTILINE)[1:]
    assert len(entries) > len(PROJECT["dependencies"])
    assert [entry.splitlines()[0] for entry in entries if "--hash=sha256:" not in entry] == []


def test_lock_records_no_download_address() -> None:
    assert re.findall(r"\S*(?:https?://|file:|/opt/|--find-links|--index-url|--extra-index-url)\S*", LOCK) == []


@pytest.mark.skipif(find_spec("hatchling") is None, reason="needs hatchling (pip install -e '.[dev]')")
def test_wheel_holds_both_packages_and_the_page(tmp_path: Path) -> None:
    from hatchling.builders.wheel import WheelBuilder

    wheel = next(WheelBuilder(str(ROOT)).build(directory=str(tmp_path), versions=["standard"]))
    names = set(zipfile.ZipFile(wheel).namelist())
    assert {
        "gateway/__init__.py",
        "gateway/py.typed",
        "transforms/__init__.py",
        "transforms/py.typed",
        "gateway/_web/index.html",
        "gateway/keras/requirements/tensorflow.txt",
    } <= names
    assert {name.split("/")[0] for name in names} == {
        "gateway",
        "transforms",
        f"changebg-{PROJECT['version']}.dist-info",
    }
