"""TensorFlow's environment: made, filled, used and gone, or a line that says why not."""

from __future__ import annotations

import json
import os
import sys
import zipfile
from pathlib import Path
from typing import Any

import pytest

from gateway.errors import GatewayError
from gateway.keras.environment import REQUIREMENTS, Environment, Stopped, environment, interpreter


def never() -> bool:
    return False


@pytest.fixture
def ours(tmp_path: Path) -> Environment:
    """An environment whose Python is the one that runs the tests: it has pip, and no TensorFlow."""
    (tmp_path / "venv/bin").mkdir(parents=True)
    wrapper = tmp_path / "venv/bin/python"
    wrapper.write_text(f'#!/bin/sh\nexec "{sys.executable}" "$@"\n')
    wrapper.chmod(0o755)
    return Environment(tmp_path, never)


def sentence_of(error: pytest.ExceptionInfo[GatewayError]) -> str:
    assert "\n" not in str(error.value)
    return str(error.value)


def python(folder: Path, name: str, script: str) -> Path:
    """A program by an interpreter's name."""
    path = folder / name
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)
    return path


def test_the_folder_is_gone_afterwards() -> None:
    with environment(never) as made:
        (made.folder / "venv").mkdir()
        (made.folder / "venv/file").write_text("x")
    assert not made.folder.exists()


def test_where_there_is_no_room_that_is_said_before_anything_is_fetched() -> None:
    with pytest.raises(GatewayError) as error, environment(never, needed=1 << 60):
        pass
    assert "TMPDIR" in sentence_of(error)


def test_a_wish_to_stop_ends_what_runs_with_all_it_has_started(tmp_path: Path) -> None:
    pids = tmp_path / "pids"
    busy = python(tmp_path, "busy", f'sleep 60 & echo "$$ $!" > {pids}.new; mv {pids}.new {pids}; wait')
    with pytest.raises(Stopped), environment(pids.exists) as made:
        made.create(str(busy))
    assert not made.folder.exists()
    for pid in pids.read_text().split():
        state = Path(f"/proc/{pid}/stat")
        assert not state.exists() or state.read_text().rpartition(")")[2].split()[0] == "Z"


def test_a_python_that_makes_no_environments_says_so_in_one_line(tmp_path: Path) -> None:
    broken = python(tmp_path, "broken", "echo 'first line'; echo 'ensurepip is not available'; exit 1")
    with environment(never) as made, pytest.raises(GatewayError) as error:
        made.create(str(broken))
    assert sentence_of(error).endswith("ensurepip is not available")


def test_without_a_package_index_one_line_says_so(ours: Environment, monkeypatch: pytest.MonkeyPatch) -> None:
    wanted = ours.folder / "tensorflow.txt"
    wanted.write_text(f"changebg-no-such-package==1 --hash=sha256:{'0' * 64}\n")
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    monkeypatch.setenv("PIP_INDEX_URL", "http://127.0.0.1:9/simple")
    monkeypatch.setenv("PIP_FIND_LINKS", "")
    monkeypatch.setenv("PIP_RETRIES", "0")
    shown: list[str] = []
    with pytest.raises(GatewayError) as error:
        ours.install(wanted, shown.append)
    assert "tensorflow could not be installed: no package index could be reached" in sentence_of(error)


def test_a_package_that_is_not_the_one_that_was_pinned_is_not_installed(
    ours: Environment, monkeypatch: pytest.MonkeyPatch
) -> None:
    name = "changebg_no_such_package"
    with zipfile.ZipFile(ours.folder / f"{name}-1-py3-none-any.whl", "w") as wheel:
        wheel.writestr(f"{name}-1.dist-info/METADATA", f"Metadata-Version: 2.1\nName: {name}\nVersion: 1\n")
        wheel.writestr(f"{name}-1.dist-info/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        wheel.writestr(f"{name}-1.dist-info/RECORD", "")
    wanted = ours.folder / "tensorflow.txt"
    wanted.write_text(f"{name}==1 --hash=sha256:{'0' * 64}\n")
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(ours.folder))
    with pytest.raises(GatewayError, match="DO NOT MATCH THE HASHES"):
        ours.install(wanted, lambda _: None)


def test_every_requirement_is_pinned_and_none_names_where_it_came_from() -> None:
    for name in ("tensorflow.txt", "keras_segmentation.txt"):
        text = (REQUIREMENTS / name).read_text()
        pins = [line for line in text.splitlines() if line and line[0].isalnum()]
        assert pins
        assert all("==" in pin for pin in pins)
        assert text.count("--hash=sha256:") >= len(pins)
        assert "http" not in text


def keras_file(path: Path, config: Any) -> dict[str, object]:
    """A .keras file of that configuration; returns the job of converting it."""
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("config.json", config if isinstance(config, str) else json.dumps(config))
        archive.writestr("metadata.json", json.dumps({"keras_version": "3.8.0"}))
        archive.writestr("model.weights.h5", b"")
    return {"path": str(path)}


@pytest.mark.parametrize(
    ("config", "said"),
    [
        ({"class_name": "Lambda", "config": {"name": "evil", "function": ["", None, None]}}, "'evil' is a Lambda"),
        ({"class_name": "function", "module": "os", "config": "system"}, "code of its own"),
        ("[" * 100_000, "nested too deeply"),
        ("{", "damaged"),
        ("[]", "describes no model"),
    ],
)
def test_the_worker_refuses_hostile_files_before_it_loads_tensorflow(ours: Environment, config: Any, said: str) -> None:
    answer = ours.work(keras_file(ours.folder / "hostile.keras", config), patience=30)
    assert said in str(answer["refused"])


def test_a_worker_that_dies_is_one_line(ours: Environment) -> None:
    job = keras_file(ours.folder / "plain.keras", {"class_name": "Functional", "config": {}})
    with pytest.raises(GatewayError, match="TensorFlow gave up on it: ModuleNotFoundError"):  # there is none here
        ours.work(job, patience=30)


def test_a_worker_that_takes_too_long_is_ended(ours: Environment) -> None:
    ours.python.write_text("#!/bin/sh\nsleep 60\n")
    with pytest.raises(GatewayError, match="longer than 0 s"):
        ours.work({"path": "x"}, patience=0.1)


def test_the_worker_knows_nothing_of_what_we_are_configured_by(
    ours: Environment, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CHANGEBG_TOKEN", "secret")
    monkeypatch.setenv("PYTHONPATH", "/nowhere")
    ours.python.write_text('#!/bin/sh\nenv > "$5/environ"; echo "{}" > "$5/answer.json"\n')
    ours.work({"path": "x"}, patience=30)
    environ = (ours.folder / "environ").read_text()
    assert "secret" not in environ
    assert "/nowhere" not in environ
    assert "HTTPS_PROXY=http://127.0.0.1:9" in environ


def test_our_own_python_is_taken_where_tensorflow_is_published_for_it() -> None:
    assert interpreter(sys.executable, (3, 12)) == sys.executable


def test_a_newer_python_looks_for_one_by_its_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    python(tmp_path, "python3.13", "exit 127")  # as pyenv's do where that version is not chosen
    found = python(tmp_path, "python3.12", "exit 0")
    monkeypatch.setenv("PATH", str(tmp_path))
    assert interpreter(sys.executable, (3, 14)) == str(found)


def test_where_there_is_none_one_line_says_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(GatewayError) as error:
        interpreter(sys.executable, (3, 14))
    assert "Python 3.11 to 3.13" in sentence_of(error)
    assert "python3.13-venv" in sentence_of(error)
