"""A model file before it is loaded: of which kind it is, and whether it may be loaded at all."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from transforms.model.onnx_file import outline_of
from transforms.runtime.network import ModelError

LARGEST = 1 << 30
"""Octets, with all that belongs to it: 250 million weights take seconds a picture on a processor."""

Runtime = Literal["onnx", "tflite"]

_FOREIGN = {
    b"\x89HDF\r\n\x1a\n": "a Keras model: `changebg models convert-keras` makes ONNX of it",
    b"version https://git-lfs": "a Git LFS pointer: the model itself was not fetched (git lfs pull)",
    b"<!DOCTYPE": "a web page, as a failed download leaves it",
    b"<html": "a web page, as a failed download leaves it",
    b"\x80\x02": "a Python pickle, as PyTorch saves weights: export it to ONNX (torch.onnx.export)",
}


def runtime_of(path: Path) -> Runtime:
    """What runs this file; whatever else would be read along with it is looked at too.

    Raises:
        ModelError: it is not there, too large, damaged or of another kind, or wants files from elsewhere.
    """
    try:
        return _looked_at(path)
    except OSError as error:
        raise ModelError(f"model {path} cannot be read: {error.strerror}") from error


def _looked_at(path: Path) -> Runtime:
    if not path.is_file():
        raise ModelError(f"model {path} is {'not a file' if path.exists() else 'not there'}")
    _check_size(path, path.stat().st_size)
    with path.open("rb") as file:
        head = file.read(32)
    if head[4:8] == b"TFL3":
        return "tflite"
    for magic, what in _FOREIGN.items():
        if head.startswith(magic):
            raise ModelError(f"model {path} is {what}")
    if head.startswith(b"PK\x03\x04"):
        raise ModelError(f"model {path} is an archive: {_archive_advice(path)}")
    _check_external(path)
    return "onnx"


def _archive_advice(path: Path) -> str:
    if path.suffix == ".task":
        return "--matting mediapipe takes it"
    if path.suffix == ".keras":
        return "`changebg models convert-keras` makes ONNX of a Keras model"
    return "expected an .onnx or .tflite file"


def _check_external(path: Path) -> None:
    """Weights beside the file are part of it; a model that names a file anywhere else gets to read nothing."""
    octets = path.stat().st_size
    for name in outline_of(path).external:
        beside = path.parent / name
        if Path(name).name != name or beside.is_symlink():
            raise ModelError(f"model {path} wants weights from {name[:80]!r}, which is not a file beside it")
        if not beside.is_file():
            raise ModelError(f"model {path} keeps its weights in {name[:80]!r}, which is not beside it")
        octets += beside.stat().st_size
    _check_size(path, octets)


def _check_size(path: Path, octets: int) -> None:
    if octets > LARGEST:
        raise ModelError(f"model {path} has {octets / (1 << 30):.1f} GiB, too large: {LARGEST >> 30} GiB at most")
