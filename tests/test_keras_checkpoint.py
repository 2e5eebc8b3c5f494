"""What a checkpoint's path stands for, told without TensorFlow."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from gateway.errors import ArgumentError
from gateway.keras.checkpoint import HDF5, ZIP, Checkpoint, SegmentationConfig, recognise

CONFIG = SegmentationConfig("unet_mini", 2, 96, 128)


def epoch(folder: Path, number: int, *, name: str = "person") -> None:
    """The two files of TensorFlow's own format."""
    (folder / f"{name}.{number}.index").write_bytes(b"index")
    (folder / f"{name}.{number}.data-00000-of-00001").write_bytes(b"data")


def config(folder: Path, *, name: str = "person", changed: dict[str, object] | None = None) -> None:
    document: dict[str, object] = {"model_class": "unet_mini", "n_classes": 2, "input_height": 96, "input_width": 128}
    (folder / f"{name}_config.json").write_text(
        json.dumps(document | {"output_height": 96, "output_width": 128} | (changed or {}))
    )


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Eleven epochs: by their names' order the last would be the ninth."""
    config(tmp_path)
    for number in range(11):
        epoch(tmp_path, number)
    return tmp_path


def test_a_prefix_stands_for_its_last_epoch(folder: Path) -> None:
    assert recognise(folder / "person") == Checkpoint(folder / "person.10", "person.10", CONFIG)


@pytest.mark.parametrize("name", ["person.3", "person.3.index", "person.3.data-00000-of-00001"])
def test_any_of_an_epochs_names_stands_for_it(folder: Path, name: str) -> None:
    assert recognise(folder / name) == Checkpoint(folder / "person.3", "person.3", CONFIG)


def test_the_configuration_stands_for_its_checkpoint(folder: Path) -> None:
    assert recognise(folder / "person_config.json").name == "person.10"


def test_a_folder_stands_for_the_only_checkpoint_in_it(folder: Path) -> None:
    assert recognise(folder).name == "person.10"
    config(folder, name="other")
    assert "a folder" in refusal(folder)


def test_epochs_saved_as_hdf5_by_an_older_keras_are_taken(tmp_path: Path) -> None:
    config(tmp_path)
    for number in (0, 4):
        (tmp_path / f"person.{number}").write_bytes(HDF5 + bytes(64))
    assert recognise(tmp_path / "person") == Checkpoint(tmp_path / "person.4", "person.4", CONFIG)
    assert recognise(tmp_path / "person.0") == Checkpoint(tmp_path / "person.0", "person.0", CONFIG)


def test_weights_of_another_name_take_the_only_configuration_beside_them(tmp_path: Path) -> None:
    config(tmp_path)
    (tmp_path / "best.h5").write_bytes(HDF5 + bytes(64))
    assert recognise(tmp_path / "best.h5") == Checkpoint(tmp_path / "best.h5", "best", CONFIG)


@pytest.mark.parametrize(
    ("name", "content"), [("slim.h5", HDF5 + b"..model_config\0.."), ("slim.keras", ZIP + bytes(64))]
)
def test_a_whole_model_needs_no_configuration(tmp_path: Path, name: str, content: bytes) -> None:
    config(tmp_path)
    (tmp_path / name).write_bytes(content)
    assert recognise(tmp_path / name) == Checkpoint(tmp_path / name, "slim")


def test_a_checkpoint_is_told_in_words(folder: Path) -> None:
    assert recognise(folder / "person").told() == "person.10 of keras_segmentation, unet_mini of 2 classes, 128x96"


def refusal(path: Path) -> str:
    with pytest.raises(ArgumentError) as refused:
        recognise(path)
    sentence = str(refused.value)
    assert "\n" not in sentence
    return sentence


def test_what_is_no_checkpoint_is_refused(tmp_path: Path) -> None:
    (tmp_path / "text").write_text("hello")
    (tmp_path / "empty.h5").write_bytes(b"")
    (tmp_path / "half.index").write_bytes(b"index")
    (tmp_path / "saved").mkdir()
    (tmp_path / "saved/saved_model.pb").write_bytes(b"")
    assert "not there" in refusal(tmp_path / "nothing")
    assert "not there" in refusal(tmp_path / "no/such/folder/person")
    assert "no Keras file" in refusal(tmp_path / "text")
    assert "no Keras file" in refusal(tmp_path / "empty.h5")
    assert "no Keras file" in refusal(tmp_path / "half.index")
    assert "a folder" in refusal(tmp_path)
    assert "SavedModel" in refusal(tmp_path / "saved")


def test_weights_without_their_configuration_are_refused_and_what_is_missing_is_named(tmp_path: Path) -> None:
    epoch(tmp_path, 1)
    assert "person_config.json" in refusal(tmp_path / "person")


@pytest.mark.parametrize(
    "changed",
    [
        {"n_classes": 1},
        {"n_classes": 10**9},
        {"input_width": 0},
        {"input_height": 10**6},
        {"input_height": "a"},
        {"input_width": None},
    ],
)
def test_a_configuration_that_makes_no_sense_is_refused_by_its_name(tmp_path: Path, changed: dict[str, object]) -> None:
    config(tmp_path, changed=changed)
    epoch(tmp_path, 1)
    assert "person_config.json" in refusal(tmp_path / "person")


@pytest.mark.parametrize("content", ["", "[]", "{}", "nonsense", "[" * 100_000])
def test_a_damaged_configuration_is_refused(tmp_path: Path, content: str) -> None:
    epoch(tmp_path, 1)
    (tmp_path / "person_config.json").write_text(content)
    assert "person_config.json" in refusal(tmp_path / "person")


def test_a_file_of_five_gigabytes_is_refused_unread(tmp_path: Path) -> None:
    with (tmp_path / "huge.h5").open("wb") as file:
        file.write(HDF5)
        file.truncate(5 << 30)
    assert "GiB" in refusal(tmp_path / "huge.h5")
