"""What a checkpoint's path stands for: told by names and first bytes, without TensorFlow.

keras_segmentation writes, for `checkpoints_path="models/person"`: `person_config.json` once, and after each epoch N the
weights as `person.N.index` and `person.N.data-00000-of-00001` (TensorFlow's own format), or, with the Keras of before
TensorFlow 2, as one HDF5 file `person.N`. Any of those names is taken, and of several epochs the last.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from gateway.errors import ArgumentError

HDF5, ZIP = b"\x89HDF\r\n\x1a\n", b"PK\x03\x04"
"""How the two formats begin."""
LARGEST = 4 << 30
"""Octets: the largest network of keras_segmentation has 1.6 GB with its optimizer's state, and ONNX ends at 2."""
LARGEST_CONFIG = 64 << 10
"""Octets: keras_segmentation's has 130."""
LARGEST_SIDE = 4096
MOST_CLASSES = 1000

EXPECTED = "expected a checkpoint of keras_segmentation (its prefix), or a Keras model, .h5 or .keras"


@dataclass(frozen=True, slots=True)
class SegmentationConfig:
    """keras_segmentation's `…_config.json`: by what its model is built anew."""

    model_class: str
    n_classes: int
    input_height: int
    input_width: int


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """`weights`: a file, or the prefix of TensorFlow's two. `config`: None where the file holds a whole model.

    `name`: what it is called without its extension; `folder`: where it lies.
    """

    weights: Path
    name: str
    config: SegmentationConfig | None = None

    @property
    def folder(self) -> Path:
        """Where it lies."""
        return self.weights.parent

    def told(self) -> str:
        """What it is, in words."""
        if self.config is None:
            return f"{self.weights.name}, a Keras model"
        config = self.config
        kind = f"{config.model_class} of {config.n_classes} classes, {config.input_width}x{config.input_height}"
        return f"{self.weights.name} of keras_segmentation, {kind}"


def recognise(path: Path) -> Checkpoint:
    """The checkpoint that `path` stands for.

    Raises:
        ArgumentError: there is none, or it is damaged so far that it can be seen from outside.
    """
    if path.is_dir():
        return _folder(path)
    if path.is_file() and _format(path) is not None:
        return _file(path)
    prefix = _prefix(path)
    if prefix is None:
        if path.is_file():
            raise ArgumentError(f"CHECKPOINT {str(path)!r}: no Keras file by its first bytes: {EXPECTED}")
        raise ArgumentError(f"CHECKPOINT {str(path)!r}: not there: {EXPECTED}")
    weights = _latest(prefix)
    config = _config_of(weights)
    if config is None:
        raise ArgumentError(
            f"CHECKPOINT {str(path)!r}: weights alone; keras_segmentation's {prefix.name}_config.json belongs beside"
        )
    return Checkpoint(weights, weights.name, _read(config))


def _folder(path: Path) -> Checkpoint:
    """The one checkpoint of keras_segmentation in a folder."""
    configs = list(path.glob("?*_config.json"))
    if len(configs) == 1:
        return recognise(configs[0])
    saved = (path / "saved_model.pb").exists()
    hint = "a SavedModel, which may hold any operation, is not taken; save it as .keras" if saved else EXPECTED
    raise ArgumentError(f"CHECKPOINT {str(path)!r}: a folder: {hint}")


def _file(path: Path) -> Checkpoint:
    """One file: keras_segmentation's where its configuration lies beside, else a whole model."""
    if path.stat().st_size > LARGEST:
        raise ArgumentError(
            f"CHECKPOINT {str(path)!r}: {path.stat().st_size >> 30} GiB: expected {LARGEST >> 30} at most"
        )
    config = _config_of(path, or_any=not _holds_a_model(path)) if _format(path) == "hdf5" else None
    is_named = path.suffix in (".h5", ".hdf5", ".keras")
    return Checkpoint(path, path.stem if is_named else path.name, _read(config) if config else None)


def _format(path: Path) -> Literal["hdf5", "zip"] | None:
    try:
        with path.open("rb") as file:
            first = file.read(8)
    except OSError as error:
        raise ArgumentError(f"CHECKPOINT {str(path)!r}: {error.strerror or error}") from error
    if first == HDF5:
        return "hdf5"
    return "zip" if first.startswith(ZIP) else None


def _holds_a_model(path: Path) -> bool:
    """Whether an HDF5 file names a model's configuration; attributes' names stand in it as they are."""
    with path.open("rb") as file:
        before = b""
        while block := file.read(1 << 20):
            if b"model_config\0" in before + block:
                return True
            before = block[-16:]
    return False


def _prefix(path: Path) -> Path | None:
    """What TensorFlow calls the checkpoint of which `path` is a file, or a beginning of the names of several."""
    name = re.sub(r"(\.index|\.data-\d{5}-of-\d{5}|_config\.json)$", "", path.name)
    prefix = path.with_name(name) if name else path
    epochs = _epochs(prefix)
    return prefix if epochs or _is_whole(prefix) else None


def _latest(prefix: Path) -> Path:
    """The prefix itself, or of the epochs that begin with it the last."""
    if _is_whole(prefix):
        return prefix
    epochs = _epochs(prefix)
    return epochs[max(epochs)]


def _epochs(prefix: Path) -> dict[int, Path]:
    """The epochs of a checkpoint by their number."""
    if not prefix.parent.is_dir():
        return {}
    found = {}
    for file in prefix.parent.iterdir():
        numbered = re.fullmatch(re.escape(prefix.name) + r"\.(\d{1,9})(\.index)?", file.name)
        if numbered is not None:
            epoch = file.with_name(f"{prefix.name}.{numbered[1]}")
            if _is_whole(epoch):
                found[int(numbered[1])] = epoch
    return found


def _is_whole(prefix: Path) -> bool:
    """Whether weights go by that name: TensorFlow's two files, or one of HDF5."""
    if prefix.is_file():
        return _format(prefix) == "hdf5"
    first_part = prefix.with_name(f"{prefix.name}.data-00000-of-")
    return prefix.with_name(f"{prefix.name}.index").is_file() and any(
        file.name.startswith(first_part.name) for file in prefix.parent.iterdir()
    )


def _config_of(weights: Path, *, or_any: bool = True) -> Path | None:
    """The configuration beside weights: of the same name, with or without the epoch; else the only one, `or_any`."""
    stem = weights.stem if weights.suffix in (".h5", ".hdf5") else weights.name
    for name in (stem, re.sub(r"\.\d+$", "", stem)):
        beside = weights.with_name(f"{name}_config.json")
        if beside.is_file():
            return beside
    others = sorted(weights.parent.glob("*_config.json"))
    return others[0] if or_any and len(others) == 1 else None


def _read(path: Path) -> SegmentationConfig:
    """keras_segmentation's configuration.

    Raises:
        ArgumentError: it is none.
    """
    try:
        with path.open("rb") as file:
            document = json.loads(file.read(LARGEST_CONFIG))
        config = SegmentationConfig(
            str(document["model_class"]),
            *(int(document[key]) for key in ("n_classes", "input_height", "input_width")),
        )
    except (OSError, ValueError, KeyError, TypeError, RecursionError) as error:
        raise ArgumentError(f"{path}: no configuration as keras_segmentation writes it ({error!r})") from error
    if not (0 < config.input_height <= LARGEST_SIDE and 0 < config.input_width <= LARGEST_SIDE):
        raise ArgumentError(
            f"{path}: pictures of {config.input_width}x{config.input_height}: {LARGEST_SIDE} a side at most"
        )
    if not 1 < config.n_classes <= MOST_CLASSES:
        raise ArgumentError(f"{path}: {config.n_classes} classes: expected 2 to {MOST_CLASSES}")
    return config
