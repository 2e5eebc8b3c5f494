"""A model file for MediaPipe: read, unpacked where it is a bundle, and run for the first time in another process."""

from __future__ import annotations

import stat
import zipfile
import zlib
from functools import lru_cache
from hashlib import sha256
from pathlib import Path

import numpy as np

from transforms.runtime.apart import Document, answer_apart, ask_apart
from transforms.runtime.network import ModelError
from transforms.runtime.tasks import TasksNetwork

LARGEST = 256 << 20
"""Octets of a model: a segmenter that runs on a processor within a frame has a tenth of that at most."""
MOST_MEMBERS = 100
"""Files in a bundle: MediaPipe's own have fewer than ten."""
REMEMBERED = 64
"""Models known to run: more than a server offers."""


def tried_model(path: Path) -> bytes:
    """The TFLite model of a .tflite or .task file, which has run in another process. Blocks for seconds at first.

    Raises:
        ModelError: it is neither, cannot be read, or cannot be run.
    """
    model = model_in(path)
    _try(path, sha256(model).hexdigest())
    return model


def model_in(path: Path) -> bytes:
    """The TFLite model of a .tflite or .task file, whatever it is worth.

    Raises:
        ModelError: it is neither, or cannot be read.
    """
    try:
        status = path.stat()
        if not stat.S_ISREG(status.st_mode):
            raise ModelError(f"model {path} is not a file")
        _check_size(path, status.st_size)
        content = path.read_bytes()
    except OSError as error:
        raise ModelError(f"model {path} cannot be read: {error.strerror}") from error
    if content.startswith(b"PK"):
        content = _unpacked(path)
    if not _is_tflite(content):
        raise ModelError(f"model {path} is neither a .tflite model nor a .task bundle of MediaPipe's")
    return content


def _is_tflite(content: bytes) -> bool:
    """Whether it says so itself (tensorflow/lite/schema/schema.fbs, `file_identifier`)."""
    return content[4:8] == b"TFL3"


def _unpacked(path: Path) -> bytes:
    """The one segmentation model of a bundle (mediapipe/tasks/cc/core/model_asset_bundle_resources.h)."""
    try:
        with zipfile.ZipFile(path) as bundle:
            member = _segmenter_in(bundle, path)
            _check_size(path, member.file_size)
            with bundle.open(member) as file:
                return file.read(LARGEST)
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError) as error:
        raise ModelError(f"model {path} is a damaged bundle: {error}") from error


def _segmenter_in(bundle: zipfile.ZipFile, path: Path) -> zipfile.ZipInfo:
    models = [member for member in bundle.infolist()[:MOST_MEMBERS] if member.filename.endswith(".tflite")]
    segmenters = [member for member in models if "segment" in member.filename] if len(models) > 1 else models
    if len(segmenters) != 1:
        names = ", ".join(member.filename[:40] for member in models[:10]) or "none"
        raise ModelError(f"model {path} is a bundle without the one segmentation model expected; models in it: {names}")
    return segmenters[0]


def _check_size(path: Path, octets: int) -> None:
    if octets > LARGEST:
        raise ModelError(f"model {path} has {octets / (1 << 20):.0f} MiB, too large: {LARGEST >> 20} MiB at most")


@lru_cache(REMEMBERED)
def _try(path: Path, digest: str) -> None:
    """Once in this process for each content: what MediaPipe reads it with is not made for damaged files."""
    ask_apart(__name__, {"path": str(path), "digest": digest}, name=f"model {path}")


def _run_once(question: Document) -> Document:
    path = Path(question["path"])
    model = model_in(path)
    if sha256(model).hexdigest() != question["digest"]:
        raise ModelError(f"model {path} is being written")
    network = TasksNetwork(model, name=f"model {path}")
    network.run(np.full((network.size.height, network.size.width, 3), 128, np.uint8))
    return {"labels": network.labels}


if __name__ == "__main__":
    answer_apart(_run_once)
