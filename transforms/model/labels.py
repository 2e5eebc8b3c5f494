"""What a TFLite model calls its classes: a list in an archive that lies behind it, as MediaPipe's metadata has it."""

from __future__ import annotations

import io
import zipfile
import zlib
from pathlib import Path
from typing import BinaryIO

MOST_MEMBERS = 100
"""Files in an archive: a bundle of MediaPipe's has fewer than ten."""
LARGEST_LIST = 64 << 10
"""Octets: ImageNet's thousand labels have 20 KiB."""
LARGEST_MODEL = 64 << 20
"""Octets of a model inside a bundle, which is unpacked into memory."""

_DAMAGED = (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, ValueError, OSError)


def labels_of(path: Path) -> tuple[str, ...]:
    """The classes of a .tflite or .task file by number; empty where it does not name them, or is damaged."""
    try:
        with path.open("rb") as file:
            return _labels(file, is_bundle=path.suffix == ".task")
    except _DAMAGED:
        return ()


def _labels(file: BinaryIO, *, is_bundle: bool) -> tuple[str, ...]:
    with zipfile.ZipFile(file) as archive:
        members = archive.infolist()[:MOST_MEMBERS]
        for member in members:
            if member.filename.endswith(".txt") and "label" in member.filename and member.file_size <= LARGEST_LIST:
                lines = archive.read(member).decode(errors="replace").splitlines()
                return tuple(line.strip() for line in lines if line.strip().isprintable() and line.strip())
        for member in members:
            if is_bundle and member.filename.endswith(".tflite") and member.file_size <= LARGEST_MODEL:
                return _labels(io.BytesIO(archive.read(member)), is_bundle=False)
    return ()
