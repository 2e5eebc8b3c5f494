"""Drawn models that tell the foreground by its colour, in the interfaces of real ones: who is red is a person."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

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


def recurrent(answer: Literal["seen", "count", "ratio"] = "seen") -> bytes:
    """A model of exactly RVM's interface, with a memory one can reckon with.

    At `downsample_ratio` of the picture's size it sees where red is: the first state becomes half of what it was and
    half of what is seen; states that begin as one zero are of every size. The second counts the pictures. `pha` is
    the first state, stretched over the picture; or everywhere a twentieth of the count; or half the ratio. `fgr` is the
    picture without blue.
    """
    nodes = [
        node("Shape", "src", "src_shape"),
        node("Concat", "ones downsample_ratio downsample_ratio", "scales", axis=0),
        node("Resize", "src - scales", "coarse", mode="linear"),
        node("Conv", "coarse redness", "red", kernel_shape=[1, 1]),
        node("Mul", "red half", "now"),
        node("Mul", "r1i half", "before"),
        node("Add", "now before", "r1o"),
        node("Add", "r2i one", "r2o"),
        node("Identity", "r3i", "r3o"),
        node("Identity", "r4i", "r4o"),
        node("Slice", "src_shape second fourth", "sides"),
        node("Concat", "one_by_one sides", "answer_shape", axis=0),
        node("Mul", "src no_blue", "fgr"),
    ]
    match answer:
        case "seen":
            nodes += [node("Resize", "r1o - - answer_shape", "wide", mode="linear")]
        case "count":
            nodes += [node("Mul", "r2o twentieth", "told"), node("Expand", "told answer_shape", "wide")]
        case "ratio":
            nodes += [node("Mul", "downsample_ratio half", "told"), node("Expand", "told answer_shape", "wide")]
    nodes += [node("Clip", "wide zero one", "pha")]
    constants: Constants = {
        "ones": np.ones(2, np.float32),
        "one_by_one": np.ones(2, np.int64),
        "second": np.array([2], np.int64),
        "fourth": np.array([4], np.int64),
        "redness": np.array([1, -1, 0], np.float32).reshape(1, 3, 1, 1),
        "no_blue": np.array([1, 1, 0], np.float32).reshape(1, 3, 1, 1),
        "half": np.array(0.5, np.float32),
        "twentieth": np.array(0.05, np.float32),
        **_BOUNDS,
    }
    open_sides = ("batch_size", "channels", "height", "width")
    states = [f"r{number}" for number in range(1, 5)]
    inputs = [value("src", ("batch_size", 3, "height", "width"))]
    inputs += [value(f"{state}i", open_sides) for state in states]
    inputs += [value("downsample_ratio", (1,))]
    outputs = [value("fgr", ("batch_size", 3, "height", "width")), value("pha", ("batch_size", 1, "height", "width"))]
    outputs += [value(f"{state}o", open_sides) for state in states]
    return model(nodes, inputs, outputs, constants)


def nan_where_blue() -> bytes:
    """Alpha as `reddish` has it, but no number at all where there is a lot of blue and nothing else."""
    nodes = [
        node("Conv", "image redness", "red", kernel_shape=[1, 1]),
        node("Conv", "image not_blue", "rest", kernel_shape=[1, 1]),
        node("Sqrt", "rest", "root"),
        node("Mul", "root zero", "nothing"),
        node("Add", "red nothing", "answer"),
        node("Clip", "answer zero one", "clipped"),
        node("Add", "clipped nothing", "alpha"),
    ]
    constants: Constants = {
        "redness": np.array([1, -1, 0], np.float32).reshape(1, 3, 1, 1),
        "not_blue": np.array([10, 10, -1], np.float32).reshape(1, 3, 1, 1),
        **_BOUNDS,
    }
    sides = ("height", "width")
    return model(nodes, [value("image", (1, 3, *sides))], [value("alpha", (1, 1, *sides))], constants)


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
