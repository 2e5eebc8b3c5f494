from __future__ import annotations

import importlib
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from transforms.runtime.left_out import left_out


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """Of two modules; it imports both, and the second cannot be imported here."""
    folder = tmp_path / "packed"
    folder.mkdir()
    (folder / "__init__.py").write_text("import packed.light\nimport packed.heavy\nkept = heavy\n")
    (folder / "light.py").write_text("value = 1\n")
    (folder / "heavy.py").write_text("import there_is_no_such_library\n")
    monkeypatch.syspath_prepend(tmp_path)
    yield "packed"
    for name in [name for name in sys.modules if name.split(".")[0] == "packed"]:
        del sys.modules[name]


def test_a_package_needs_all_of_itself(package: str) -> None:
    with pytest.raises(ModuleNotFoundError, match="there_is_no_such_library"):
        importlib.import_module(package)


def test_what_is_left_out_is_not_needed(package: str) -> None:
    with left_out("packed.heavy"):
        assert importlib.import_module(package).light.value == 1


def test_whoever_wants_it_later_gets_it_whole(package: str, tmp_path: Path) -> None:
    with left_out("packed.heavy"):
        imported = importlib.import_module(package)
    (tmp_path / "packed" / "heavy.py").write_text("weight = 7\n")
    assert not hasattr(imported, "heavy")
    assert importlib.import_module("packed.heavy").weight == 7
    assert imported.heavy.weight == 7


def test_what_was_there_before_stays(package: str, tmp_path: Path) -> None:
    (tmp_path / "packed" / "heavy.py").write_text("weight = 7\n")
    before = importlib.import_module("packed.heavy")
    with left_out("packed.heavy"):
        assert importlib.import_module("packed.heavy") is before
    assert sys.modules["packed.heavy"] is before


def test_the_import_is_put_back_when_it_fails(package: str) -> None:
    before = list(sys.meta_path)
    with pytest.raises(ModuleNotFoundError, match="another"), left_out("packed.heavy"):
        raise ModuleNotFoundError("another")
    assert sys.meta_path == before


def test_mediapipe_comes_without_its_drawing_libraries() -> None:
    """They take a second, 68 MB, and four more Debian packages (libgl1, libxcb1, ...)."""
    script = (
        "import sys; from transforms.runtime.tasks import _Library; _Library()\n"
        "assert not {'cv2', 'matplotlib', 'sounddevice'} & set(sys.modules)\n"
        "from mediapipe.tasks.python.vision import drawing_utils; drawing_utils.DrawingSpec"
    )
    subprocess.run([sys.executable, "-c", script], check=True)
