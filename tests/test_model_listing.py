"""Which models lie in a folder, told without running any."""

from __future__ import annotations

import os
from pathlib import Path

from tests import drawn_models
from tests.drawn_tflite import drawn_tflite
from transforms.model import listing
from transforms.model.listing import ModelListing, models_in

SCORES = (1.0, 0.0, 0.0, 0.0)


def test_a_model_is_listed_with_what_its_spec_says(tmp_path: Path) -> None:
    content = drawn_models.reddish()
    (tmp_path / "net.onnx").write_bytes(content)
    (tmp_path / "net.toml").write_text('title = "Whoever is red"\nlicense = "MIT"')
    (tmp_path / "notes.txt").write_text("no model")
    assert models_in(tmp_path) == (ModelListing("net.onnx", "onnx", len(content), "Whoever is red", "MIT"),)


def test_a_model_without_a_spec_is_known_by_its_tensors_or_called_by_its_file(tmp_path: Path) -> None:
    (tmp_path / "any.onnx").write_bytes(drawn_models.recurrent())
    (tmp_path / "net.onnx").write_bytes(drawn_models.reddish())
    known, other = models_in(tmp_path)
    assert known.title.startswith("Robust Video Matting")
    assert known.licence == "GPL-3.0-only"
    assert (other.title, other.licence) == ("net", None)


def test_the_classes_of_a_tflite_model_are_told_by_number(tmp_path: Path) -> None:
    labelled = drawn_tflite({"wall": SCORES, "hair": SCORES})
    (tmp_path / "net.tflite").write_bytes(labelled)
    (found,) = models_in(tmp_path)
    assert (found.format, found.categories, found.problem) == ("tflite", ("wall", "hair"), None)


def test_what_cannot_be_used_is_listed_with_the_reason(tmp_path: Path) -> None:
    (tmp_path / "broken.onnx").write_bytes(b"hello")
    (tmp_path / "large.onnx").write_bytes(drawn_models.reddish())
    os.truncate(tmp_path / "large.onnx", 5 << 30)
    (tmp_path / "said.onnx").write_bytes(drawn_models.reddish())
    (tmp_path / "said.toml").write_text("[input]\nsize = 5")
    (tmp_path / "torn.task").write_bytes(b"PK")
    problems = {found.name: found.problem for found in models_in(tmp_path)}
    assert problems["broken.onnx"] == "model broken.onnx is damaged, or no ONNX model"
    assert "too large" in str(problems["large.onnx"])
    assert "input.size" in str(problems["said.onnx"])
    assert "no bundle" in str(problems["torn.task"])


def test_folders_are_looked_into_three_deep_and_no_link_leads_out(tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    models = tmp_path / "models"
    deep = models / "a" / "b" / "c"
    (deep / "d").mkdir(parents=True)
    outside.mkdir()
    for folder in (outside, models, deep, deep / "d"):
        (folder / "net.onnx").write_bytes(drawn_models.reddish())
    (models / "link.onnx").symlink_to(outside / "net.onnx")
    (models / "linked").symlink_to(outside)
    (models / ".hidden.onnx").write_bytes(b"")
    assert [found.name for found in models_in(models)] == ["a/b/c/net.onnx", "net.onnx"]
    assert models_in(tmp_path / "none") == ()


def test_a_folder_of_thousands_is_cut_short(tmp_path: Path) -> None:
    for number in range(listing.MOST + 5):
        (tmp_path / f"{number:04}.task").write_bytes(b"")
    assert len(models_in(tmp_path)) == listing.MOST
