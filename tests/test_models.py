"""The models that effects may name: those below one folder, and nothing else."""

from __future__ import annotations

from pathlib import Path

import pytest

from gateway.errors import NotFound
from gateway.models import Models


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder of models beside a file that is none of its business."""
    made = tmp_path / "models"
    (made / "portraits").mkdir(parents=True)
    for name in ("rvm.onnx", "portraits/modnet.onnx", "../secret.onnx"):
        (made / name).write_bytes(b"model")
    return made


def test_a_model_is_found_by_its_name_below_the_folder(folder: Path) -> None:
    models = Models(folder)
    assert models.path("rvm.onnx") == folder / "rvm.onnx"
    assert models.path("portraits/modnet.onnx") == folder / "portraits" / "modnet.onnx"


@pytest.mark.parametrize(
    "name",
    ["../secret.onnx", "portraits/../../secret.onnx", "out.onnx", "around/x", "portraits", "no.onnx", "\0", "x" * 999],
)
def test_no_name_and_no_link_leads_out_of_the_folder(folder: Path, name: str) -> None:
    (folder / "out.onnx").symlink_to(folder.parent / "secret.onnx")
    (folder / "around").symlink_to("around")
    with pytest.raises(NotFound, match="no such file below"):
        Models(folder).path(name)
    with pytest.raises(NotFound, match="no such file below"):
        Models(folder).path(str(folder.parent / "secret.onnx"))


def test_a_spec_is_a_file_beside_the_models_or_comes_with_the_server(folder: Path) -> None:
    (folder / "own.toml").touch()
    models = Models(folder)
    assert models.spec("own.toml") == folder / "own.toml"
    assert models.spec("rvm") == Path("rvm")
    for name in ("u3net", "../own.toml", "/etc/passwd"):
        with pytest.raises(NotFound, match="no such file below"):
            models.spec(name)


async def test_a_server_without_a_folder_has_no_models(folder: Path) -> None:
    assert await Models().listed() == ()
    with pytest.raises(NotFound, match="started without --models-dir"):
        Models().path(str(folder / "rvm.onnx"))
