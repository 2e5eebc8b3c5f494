"""An ONNX file looked into before anything runs it: is it whole, and which other files does it want read?

ONNX is a protobuf message (`onnx.proto3`). Only what leads to a tensor's `external_data` is followed, everything else
is stepped over, so that 100 MB of weights cost nothing.
"""

from __future__ import annotations

import mmap
from collections.abc import Iterator
from pathlib import Path

from transforms.runtime.network import ModelError

MODEL, GRAPH, NODE, ATTRIBUTE, TENSOR, SPARSE, FUNCTION, ENTRY = range(8)

FOLLOWED: dict[int, dict[int, int]] = {
    MODEL: {7: GRAPH, 25: FUNCTION},
    GRAPH: {1: NODE, 5: TENSOR, 15: SPARSE},
    FUNCTION: {7: NODE},
    NODE: {5: ATTRIBUTE},
    ATTRIBUTE: {5: TENSOR, 6: GRAPH, 10: TENSOR, 11: GRAPH, 22: SPARSE, 23: SPARSE},
    SPARSE: {1: TENSOR, 2: TENSOR},
    TENSOR: {13: ENTRY},
}
"""By kind of message: its fields that are messages with something of interest inside, and their kinds."""

_GRAPH_OF_MODEL = 7

DEEPEST = 64
"""Messages within messages: loops within loops need 5 each, and no model has ten."""


class _Damaged(Exception):  # noqa: N818  (what the bytes are)
    """The bytes are no such message."""


def external_files(path: Path) -> frozenset[str]:
    """The files, as the model names them, that hold weights of it; most models have none.

    Raises:
        ModelError: the file is damaged, or no ONNX model. OSError: it cannot be read.
    """
    with path.open("rb") as file:
        try:
            content = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        except ValueError as empty:
            raise ModelError(f"model {path} is empty") from empty
    with content:
        try:
            return frozenset(_model(content))
        except _Damaged as error:
            raise ModelError(f"model {path} is damaged, or no ONNX model") from error


def _model(content: mmap.mmap) -> Iterator[str]:
    if not any(number == _GRAPH_OF_MODEL for number, _, _ in _fields(content, 0, len(content))):
        raise _Damaged
    yield from _locations(content, MODEL, 0, len(content), 0)


def _locations(content: mmap.mmap, kind: int, start: int, end: int, depth: int) -> Iterator[str]:
    """The values of every `location` below this message."""
    if depth > DEEPEST:
        raise _Damaged
    if kind == ENTRY:
        entry = {number: content[begin:stop] for number, begin, stop in _fields(content, start, end)}
        if entry.get(1) == b"location":
            yield entry.get(2, b"").decode(errors="replace")
        return
    followed = FOLLOWED[kind]
    for number, begin, stop in _fields(content, start, end):
        if number in followed:
            yield from _locations(content, followed[number], begin, stop, depth + 1)


def _fields(content: mmap.mmap, start: int, end: int) -> Iterator[tuple[int, int, int]]:
    """Number, beginning and end of each length-delimited field; protobuf's wire format."""
    place = start
    while place < end:
        key, place = _varint(content, place, end)
        match key & 7:
            case 0:
                _, place = _varint(content, place, end)
            case 1:
                place += 8
            case 5:
                place += 4
            case 2:
                length, place = _varint(content, place, end)
                if place + length > end:
                    raise _Damaged
                yield key >> 3, place, place + length
                place += length
            case _:
                raise _Damaged
    if place != end:
        raise _Damaged


def _varint(content: mmap.mmap, place: int, end: int) -> tuple[int, int]:
    value = shift = 0
    while place < end and shift < 64:
        octet = content[place]
        value |= (octet & 0x7F) << shift
        place, shift = place + 1, shift + 7
        if octet < 0x80:
            return value, place
    raise _Damaged
