"""An ONNX file looked into before anything runs it: is it whole, how are its tensors called, what else is to be read?

ONNX is a protobuf message (`onnx.proto3`). Only what leads to a tensor's `external_data` is followed, everything else
is stepped over, so that 100 MB of weights cost nothing.
"""

from __future__ import annotations

import mmap
from collections.abc import Iterator
from dataclasses import dataclass
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

_GRAPH_OF_MODEL, _INPUTS_OF_GRAPH, _OUTPUTS_OF_GRAPH, _NAME_OF_VALUE = 7, 11, 12, 1

DEEPEST = 64
"""Messages within messages: loops within loops need 5 each, and no model has ten."""


LONGEST_TEXT = 4096
"""Octets: no name of a file or a tensor is longer."""

MOST_FIELDS = 2_000_000
"""Of a file: two seconds' worth. A network of five thousand operations has a twentieth of it."""


class _Damaged(Exception):  # noqa: N818  (what the bytes are)
    """The bytes are no such message."""


@dataclass(frozen=True, slots=True)
class OnnxOutline:
    """What a model's file says of it. `external`: the files, as it names them, that hold weights; most have none.

    `inputs` and `outputs`: the names of its tensors, in the file's order; what has a default is an input in old files.
    """

    external: frozenset[str]
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]


def outline_of(path: Path) -> OnnxOutline:
    """Read the outline of a model.

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
            return _Message(content).outline()
        except _Damaged as error:
            raise ModelError(f"model {path} is damaged, or no ONNX model") from error


class _Message:
    """A model's octets. It gives up, as damaged, after `MOST_FIELDS`."""

    def __init__(self, content: mmap.mmap) -> None:
        self._content = content
        self._left = MOST_FIELDS

    def outline(self) -> OnnxOutline:
        """What is asked of it."""
        end = len(self._content)
        graphs = [(begin, stop) for number, begin, stop in self._fields(0, end) if number == _GRAPH_OF_MODEL]
        if not graphs:
            raise _Damaged
        names: dict[int, list[str]] = {_INPUTS_OF_GRAPH: [], _OUTPUTS_OF_GRAPH: []}
        for number, begin, stop in self._fields(*graphs[-1]):
            if number in names:
                names[number].append(self._texts(begin, stop).get(_NAME_OF_VALUE, ""))
        external = frozenset(self._locations(MODEL, 0, end, 0))
        return OnnxOutline(external, tuple(names[_INPUTS_OF_GRAPH]), tuple(names[_OUTPUTS_OF_GRAPH]))

    def _locations(self, kind: int, start: int, end: int, depth: int) -> Iterator[str]:
        """The values of every `location` below this message."""
        if depth > DEEPEST:
            raise _Damaged
        if kind == ENTRY:
            entry = self._texts(start, end)
            if entry.get(1) == "location":
                yield entry.get(2, "")
            return
        followed = FOLLOWED[kind]
        for number, begin, stop in self._fields(start, end):
            if number in followed:
                yield from self._locations(followed[number], begin, stop, depth + 1)

    def _texts(self, start: int, end: int) -> dict[int, str]:
        """A small message's fields as text, by number."""
        return {
            number: self._content[begin : min(stop, begin + LONGEST_TEXT)].decode(errors="replace")
            for number, begin, stop in self._fields(start, end)
        }

    def _fields(self, start: int, end: int) -> Iterator[tuple[int, int, int]]:
        """Number, beginning and end of each length-delimited field; protobuf's wire format."""
        place = start
        while place < end and self._left > 0:
            self._left -= 1
            key, place = self._varint(place, end)
            match key & 7:
                case 0:
                    _, place = self._varint(place, end)
                case 1:
                    place += 8
                case 5:
                    place += 4
                case 2:
                    length, begin = self._varint(place, end)
                    place = begin + length
                    if place <= end:
                        yield key >> 3, begin, place
                case _:
                    raise _Damaged
        if place != end:
            raise _Damaged

    def _varint(self, place: int, end: int) -> tuple[int, int]:
        """A whole number, and where it ends."""
        value = shift = 0
        while place < end and shift < 64:
            octet = self._content[place]
            value |= (octet & 0x7F) << shift
            place, shift = place + 1, shift + 7
            if octet < 0x80:
                return value, place
        raise _Damaged
