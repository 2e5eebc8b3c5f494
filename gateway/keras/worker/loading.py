"""A checkpoint as a Keras model, by the Keras that wrote it and without anything of its own being run.

TensorFlow and both Kerases are imported inside functions: what a file says of itself is looked at before.
"""

from __future__ import annotations

import importlib
import json
import shutil
import sys
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from .harmless import refuse_code
from .lambdas import layers_of_ours, rebuild_lambdas
from .refusal import Refused

LARGEST_CONFIGURATION = 64 << 20
"""Octets of JSON: the deepest networks have 2 MiB."""

IN_KERAS_SEGMENTATION = ("", ".backend", ".callbacks", ".layers", ".losses", ".models")
"""The parts of Keras that keras_segmentation imports by name."""


def whole_model(path: Path, folder: Path) -> Any:
    """The model in a .keras or HDF5 file. `folder` takes a copy of it, with a configuration that is safe to read.

    Raises:
        Refused: it is damaged, or holds what is not run.
    """
    copy = folder / ("model.keras" if zipfile.is_zipfile(path) else "model.h5")
    shutil.copyfile(path, copy)
    version = _sanitized_archive(path, copy) if copy.suffix == ".keras" else _sanitized_hdf5(copy)
    keras = importlib.import_module("tf_keras" if version < 3 else "keras")
    tensorflow = importlib.import_module("tensorflow")
    try:
        return keras.models.load_model(copy, custom_objects=layers_of_ours(keras, tensorflow), compile=False)
    except (ValueError, TypeError, KeyError, AttributeError, ImportError, OSError, RuntimeError) as error:
        raise Refused(f"Keras {keras.__version__} cannot read it: {_first_line(error)}") from error


def segmentation_model(config: Mapping[str, Any], weights: Path) -> Any:
    """A model of keras_segmentation: built anew from its name and sizes, then given the checkpoint's weights.

    Raises:
        Refused: there is no such model, or the weights are not its.
    """
    name, height, width = str(config["model_class"]), int(config["input_height"]), int(config["input_width"])
    makers = _segmentation_models()
    if name not in makers:
        raise Refused(f"keras_segmentation has no model {name[:60]!r}; it has {', '.join(sorted(makers))}")
    try:
        model = makers[name](int(config["n_classes"]), input_height=height, input_width=width)
    except (ValueError, TypeError, AssertionError, SystemExit) as error:
        raise Refused(f"keras_segmentation cannot build {name} for {width}x{height}: {_first_line(error)}") from error
    try:
        status = model.load_weights(str(weights))
        if status is not None:  # of TensorFlow's own format, which else takes what fits and says nothing of the rest
            status.expect_partial().assert_existing_objects_matched()
    except Exception as error:  # TensorFlow raises a dozen kinds for a file that is damaged or of another model
        raise Refused(
            f"the weights are damaged, or not those of {name} of {config['n_classes']} classes: {_first_line(error)}"
        ) from error
    return model


def _segmentation_models() -> Mapping[str, Any]:
    """keras_segmentation's models by name, on Keras 2, for which it was written, and without a download."""
    for part in IN_KERAS_SEGMENTATION:
        sys.modules[f"keras{part}"] = importlib.import_module(f"tf_keras{part}")
    sys.modules["keras.layers.merge"] = sys.modules["keras.layers"]  # gone from there, as a module, since Keras 2.6
    for module, encoder in (("vgg16", "vgg"), ("mobilenet", "mobilenet"), ("resnet50", "resnet50")):
        function = getattr(importlib.import_module(f"keras_segmentation.models.{module}"), f"get_{encoder}_encoder")
        # Else it fetches ImageNet's weights, only to have them overwritten.
        function.__defaults__ = tuple(None if value == "imagenet" else value for value in function.__defaults__)
    models: Mapping[str, Any] = importlib.import_module("keras_segmentation.models.all_models").model_from_name
    return models


def _sanitized_archive(path: Path, copy: Path) -> int:
    """Write `path`, a .keras file, to `copy` with a harmless configuration; returns its Keras' first number."""
    try:
        with zipfile.ZipFile(path) as archive, zipfile.ZipFile(copy, "w") as sanitized:
            if set(archive.namelist()) & {"config.json", "metadata.json"} != {"config.json", "metadata.json"}:
                raise Refused("it is a ZIP file, but not one of Keras': it has no config.json")
            for entry in archive.infolist():
                if entry.filename == "model.weights.h5":
                    with archive.open(entry) as source, sanitized.open(entry.filename, "w", force_zip64=True) as target:
                        shutil.copyfileobj(source, target, 1 << 20)
            config = _sanitized(_entry(archive, "config.json"))
            metadata = _entry(archive, "metadata.json")
            sanitized.writestr("config.json", config)
            sanitized.writestr("metadata.json", metadata)
            return _version(json.loads(metadata).get("keras_version"))
    except (zipfile.BadZipFile, ValueError, AttributeError, OSError, EOFError, NotImplementedError) as error:
        raise Refused(f"it is damaged: {_first_line(error)}") from error


def _entry(archive: zipfile.ZipFile, name: str) -> bytes:
    if archive.getinfo(name).file_size > LARGEST_CONFIGURATION:
        raise Refused(f"its {name} is larger than {LARGEST_CONFIGURATION >> 20} MiB")
    return archive.read(name)


def _sanitized_hdf5(copy: Path) -> int:
    """Make the configuration inside `copy`, an HDF5 file, harmless; returns its Keras' first number."""
    h5py = importlib.import_module("h5py")
    try:
        with h5py.File(copy, "r+") as file:
            if "model_config" not in file.attrs:
                raise Refused(
                    "it holds weights alone, and no model: keras_segmentation's have a …_config.json beside them"
                )
            file.attrs["model_config"] = _sanitized(_as_bytes(file.attrs["model_config"])).decode()
            version = _version(_as_bytes(file.attrs.get("keras_version", "2")).decode())
            if "training_config" in file.attrs:  # of no use here
                del file.attrs["training_config"]
            return version
    except (OSError, RuntimeError, ValueError, KeyError, TypeError) as error:
        raise Refused(f"it is damaged: {_first_line(error)}") from error


def _as_bytes(value: object) -> bytes:
    return value if isinstance(value, bytes) else str(value).encode()


def _sanitized(text: bytes) -> bytes:
    """A model's configuration with its Lambda layers built anew, and nothing else in it that runs."""
    try:
        config = json.loads(text)
        if not isinstance(config, dict) or "class_name" not in config:
            raise Refused("its configuration describes no model")
        rebuild_lambdas(config)
        refuse_code(config)
        return json.dumps(config).encode()
    except RecursionError as error:
        raise Refused("its configuration is nested too deeply") from error


def _version(text: object) -> int:
    """The first number of Keras' version; Keras 2 where none is told."""
    first = str(text).partition(".")[0]
    return int(first) if first.isdigit() else 2


def _first_line(error: BaseException) -> str:
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return (lines[0].partition(". Please")[0] if lines else type(error).__name__)[:200]
