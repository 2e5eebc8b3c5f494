"""Drawn models that tell the foreground by its colour, in the interfaces of real ones: who is red is a person."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tests.drawn_onnx import Shape, model, node, value

Constants = dict[str, NDArray[Any]]


def reddish(
    *,
    shape: Shape = (1, 3, "height", "width"),
    name: str = "image",
    answer: str = "alpha",
    gain: float = 1.0,
    bias: float = 0.0,
    dtype: str = "float32",
) -> bytes:
    """Alpha, of the picture's size, is its first channel less its second, times `gain`, plus `bias`, within 0..1."""
    weights = np.array([gain, -gain, 0], np.float32).reshape(1, 3, 1, 1)
    nodes = [
        node("Cast", name, "numbers", to=1),
        node("Conv", "numbers weights bias", "difference", kernel_shape=[1, 1]),
        node("Clip", "difference zero one", answer),
    ]
    constants = {"weights": weights, "bias": np.array([bias], np.float32), **_BOUNDS}
    sides = (shape[0], 1, *shape[2:])
    return model(nodes, [value(name, shape, dtype)], [value(answer, sides)], constants)


def scored(
    operation: str,
    *,
    size: tuple[int, int] = (12, 16),
    layout: str = "nchw",
    flat: bool = False,
    classes: int = 2,
    axis: int | None = None,
) -> bytes:
    """Of each pixel a score for every class, after `operation` (Softmax, ArgMax, Identity): the last is red's.

    The score of the last is 20 times red less green, those of the others 0 and less.
    """
    height, width = size
    weights = np.zeros((classes, 3, 1, 1), np.float32)
    weights[-1, :, 0, 0] = 20, -20, 0
    biases = -np.arange(classes, dtype=np.float32)
    biases[-1] = -5
    nodes = [] if layout == "nchw" else [node("Transpose", "image", "planes", perm=[0, 3, 1, 2])]
    nodes += [
        node("Conv", f"{'image' if layout == 'nchw' else 'planes'} weights biases", "scores", kernel_shape=[1, 1])
    ]
    last, shape = "scores", [1, classes, height, width]
    if layout == "nhwc" or flat:
        nodes += [node("Transpose", last, "behind", perm=[0, 2, 3, 1])]
        last, shape = "behind", [1, height, width, classes]
    constants: Constants = {"weights": weights, "biases": biases}
    if flat:
        nodes += [node("Reshape", f"{last} flat_shape", "flat")]
        last, shape = "flat", [1, height * width, classes]
        constants["flat_shape"] = np.array(shape, np.int64)
    where = axis if axis is not None else (1 if layout == "nchw" and not flat else len(shape) - 1)
    if operation == "ArgMax":
        nodes += [node("ArgMax", last, "answer", axis=where, keepdims=0)]
        del shape[where]
        return model(nodes, [_picture(layout, size)], [value("answer", shape, "int64")], constants)
    nodes += [node(operation, last, "answer", **({"axis": where} if operation == "Softmax" else {}))]
    return model(nodes, [_picture(layout, size)], [value("answer", shape)], constants)


def recurrent(*, answer_ratio: bool = False) -> bytes:
    """A model of exactly RVM's interface, with a memory one can reckon with.

    At `downsample_ratio` of the picture's size it sees where red is: the first state becomes half of what it was and
    half of what is seen; states that begin as one zero are of every size. The second counts the pictures. `pha` is the
    first state, stretched over the picture; with `answer_ratio` a tenth of the count, but over the left half the ratio.
    `fgr` is the picture without blue.
    """
    nodes = [
        node("Shape", "src", "src_shape"),
        node("Concat", "ones2 downsample_ratio downsample_ratio", "scales", axis=0),
        node("Resize", "src - scales", "coarse", mode="linear"),
        node("Conv", "coarse redness", "red", kernel_shape=[1, 1]),
        node("Mul", "red half", "seen"),
        node("Mul", "r1i half", "kept"),
        node("Add", "seen kept", "r1o"),
        node("Add", "r2i one", "r2o"),
        node("Add", "r3i downsample_ratio", "r3o"),
        node("Identity", "r4i", "r4o"),
        node("Slice", "src_shape zero_place two_places", "batch_and_channels"),
        node("Slice", "src_shape two_places four_places", "sides"),
        node("Concat", "ones_whole sides", "answer_shape", axis=0),
        node("Mul", "src no_blue", "fgr"),
    ]
    if answer_ratio:
        nodes += [
            node("Mul", "r2o tenth", "tenths"),
            node("Expand", "tenths answer_shape", "counted"),
            node("Clip", "counted zero one", "pha"),
        ]
    else:
        nodes += [node("Resize", "r1o - - answer_shape", "wide", mode="linear"), node("Clip", "wide zero one", "pha")]
    constants: Constants = {
        "ones2": np.ones(2, np.float32),
        "ones_whole": np.ones(2, np.int64),
        "redness": np.array([1, -1, 0], np.float32).reshape(1, 3, 1, 1),
        "no_blue": np.array([1, 1, 0], np.float32).reshape(1, 3, 1, 1),
        "half": np.array(0.5, np.float32),
        "tenth": np.array(0.1, np.float32),
        "zero_place": np.array([0], np.int64),
        "two_places": np.array([2], np.int64),
        "four_places": np.array([4], np.int64),
        **_BOUNDS,
    }
    open_sides = ("batch_size", "channels", "height", "width")
    states = [f"r{number}" for number in range(1, 5)]
    inputs = [value("src", ("batch_size", 3, "height", "width"))]
    inputs += [value(f"{state}i", tuple(f"{state}i_{side}" for side in open_sides)) for state in states]
    inputs += [value("downsample_ratio", (1,))]
    outputs = [value("fgr", ("batch_size", 3, "height", "width")), value("pha", ("batch_size", 1, "height", "width"))]
    outputs += [value(f"{state}o", tuple(f"{state}o_{side}" for side in open_sides)) for state in states]
    return model(nodes, inputs, outputs, constants)


def against_plate() -> bytes:
    """Background Matting's interface: alpha is how far the picture's red is from the plate's; `fgr` the picture."""
    nodes = [
        node("Sub", "src bgr", "difference"),
        node("Abs", "difference", "distance"),
        node("ReduceMax", "distance", "most", axes=[1]),
        node("Clip", "most zero one", "pha"),
        node("Identity", "src", "fgr"),
    ]
    sides: Sequence[int | str] = (1, 3, "height", "width")
    outputs = [value("pha", (1, 1, "height", "width")), value("fgr", sides)]
    return model(nodes, [value("src", sides), value("bgr", sides)], outputs, dict(_BOUNDS))


def _picture(layout: str, size: tuple[int, int]) -> bytes:
    return value("image", (1, 3, *size) if layout == "nchw" else (1, *size, 3))


_BOUNDS: Constants = {"zero": np.array(0, np.float32), "one": np.array(1, np.float32)}
