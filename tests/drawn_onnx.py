"""ONNX models drawn by hand, node by node, and written as the protobuf messages that they are (`onnx.proto3`).

The `onnx` package would do it too; it brings 20 MB and refuses to write the files that a hostile test needs.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

Shape = Sequence[int | str]
Field = tuple[int, "int | float | bytes"]

TYPES = {"float32": 1, "uint8": 2, "int32": 6, "int64": 7, "float16": 10}
IR_VERSION, OPSET = 8, 17


def message(*fields: Field) -> bytes:
    """Numbers and values as protobuf has them: whole numbers, floats of 32 bits, octets."""
    return b"".join(_field(number, value) for number, value in fields)


def model(
    nodes: Sequence[bytes],
    inputs: Sequence[bytes],
    outputs: Sequence[bytes],
    constants: Mapping[str, NDArray[Any]] | None = None,
    *,
    opset: int = OPSET,
    initializers: Sequence[bytes] = (),
) -> bytes:
    """A model file. `initializers`: tensors that are no arrays, beside the `constants`."""
    tensors = [tensor(name, value) for name, value in (constants or {}).items()]
    graph = message(
        *((1, each) for each in nodes),
        (2, b"drawn"),
        *((5, each) for each in (*tensors, *initializers)),
        *((11, each) for each in inputs),
        *((12, each) for each in outputs),
    )
    return message((1, IR_VERSION), (7, graph), (8, message((1, b""), (2, opset))))


def node(operation: str, inputs: str, outputs: str, **attributes: float | str | Sequence[int]) -> bytes:
    """One operation; the names of its tensors in a row, `-` for one left out."""
    return message(
        *((1, b"" if name == "-" else name.encode()) for name in inputs.split()),
        *((2, name.encode()) for name in outputs.split()),
        (4, operation.encode()),
        *((5, _attribute(name, value)) for name, value in attributes.items()),
    )


def value(name: str, shape: Shape, dtype: str = "float32") -> bytes:
    """An input or output; sides that are words are open."""
    sides = [message((1, side) if isinstance(side, int) else (2, side.encode())) for side in shape]
    kind = message((1, TYPES[dtype]), (2, message(*((1, side) for side in sides))))
    return message((1, name.encode()), (2, message((1, kind))))


def tensor(name: str, array: NDArray[Any]) -> bytes:
    """A constant."""
    sides = ((1, side) for side in array.shape)
    return message(*sides, (2, TYPES[array.dtype.name]), (8, name.encode()), (9, array.tobytes()))


def external(name: str, shape: Sequence[int], location: str) -> bytes:
    """A constant of float32 that lies in another file."""
    entry = message((1, b"location"), (2, location.encode()))
    return message(*((1, side) for side in shape), (2, 1), (8, name.encode()), (13, entry), (14, 1))


def _attribute(name: str, value: float | str | Sequence[int]) -> bytes:
    match value:
        case int():
            return message((1, name.encode()), (3, value), (20, 2))
        case float():
            return message((1, name.encode()), (2, value), (20, 1))
        case str():
            return message((1, name.encode()), (4, value.encode()), (20, 3))
        case _:
            return message((1, name.encode()), *((8, each) for each in value), (20, 7))


def _field(number: int, value: int | float | bytes) -> bytes:
    match value:
        case int():
            return _varint(number << 3) + _varint(value)
        case float():
            return _varint(number << 3 | 5) + np.float32(value).tobytes()
        case _:
            return _varint(number << 3 | 2) + _varint(len(value)) + value


def _varint(value: int) -> bytes:
    value &= (1 << 64) - 1
    octets = bytearray()
    while value > 0x7F:
        octets.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes((*octets, value))
