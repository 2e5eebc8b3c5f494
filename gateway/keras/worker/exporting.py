"""A Keras model as ONNX, and what can be seen of it that the file will not say."""

from __future__ import annotations

import importlib
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from .refusal import Refused

OPSET = 17
"""Known to every ONNX Runtime that we run on."""
INPUT, OUTPUT = "picture", "matte"
"""What the tensors are called; the answer is laid out (1, height, width, classes), whatever the model's own was."""
PROBE_SIDE = 128
"""Pixels a side of what a model is tried with that takes any size."""
PASSED_OVER = ("Reshape", "Permute", "Flatten", "ChangebgChannel", "Dropout", "InputLayer", "Resizing")
"""Layers after the activation that decides what an answer's numbers mean."""
SEEN_FIRST = ("Rescaling", "Normalization", "TrueDivide", "Divide", "TFOpLambda", "TensorFlowOpLayer")
"""Layers by which a model prepares its picture itself, arithmetic among them, of Keras 3, 2 and 2.0."""

Shape = tuple[int | None, ...]


@dataclass(frozen=True, slots=True)
class Seen:
    """What a model is. `size`: width and height of what it takes, None where any goes. `activation`: of its answer."""

    size: tuple[int, int] | None
    classes: int
    activation: str
    prepares: bool
    keras: str

    def document(self) -> dict[str, Any]:
        """As JSON holds it."""
        return asdict(self)


def export(model: Any, folder: Path) -> Seen:
    """Write `model.onnx`, and `probe.npz`: a drawn picture and what TensorFlow makes of it, to compare with.

    Raises:
        Refused: it does not take pictures and answer with mattes, or ONNX has no operation for it.
    """
    tensorflow, numpy = importlib.import_module("tensorflow"), importlib.import_module("numpy")
    taken = _picture_input(model)
    signature = [tensorflow.TensorSpec((1, *taken), tensorflow.float32, name=INPUT)]
    laid_out = tensorflow.function(
        lambda picture: _as_picture(model(picture, training=False), picture, tensorflow),
        input_signature=signature,
        autograph=False,  # it would wrap a refusal in a page of its own
    )
    probe = numpy.random.default_rng(1).uniform(0, 255, (1, *(side or PROBE_SIDE for side in taken))).astype("float32")
    probe = probe if prepares_itself(model) else probe / 255
    answer = laid_out(probe).numpy()
    _write(laid_out, signature, folder / "model.onnx")
    numpy.savez(folder / "probe.npz", picture=probe, matte=answer)
    return Seen(
        size=(taken[1], taken[0]) if taken[0] and taken[1] else None,
        classes=answer.shape[3],
        activation=activation_of(model, answer),
        prepares=prepares_itself(model),
        keras=importlib.import_module(type(model).__module__.partition(".")[0]).__version__,
    )


def prepares_itself(model: Any) -> bool:
    """Whether its first layers take values 0 to 255 to what it was trained on."""
    steps = getattr(model, "operations", None) or _flat_layers(
        model
    )  # Keras 3 has arithmetic among its operations only
    return any(type(step).__name__ in SEEN_FIRST for step in steps[:3])


def activation_of(model: Any, answer: Any) -> str:
    """softmax, sigmoid or linear: by the last layer that has one, else by whether all it answered is within 0 to 1."""
    for layer in reversed(_flat_layers(model)):
        name = type(layer).__name__
        if name in PASSED_OVER:
            continue
        if name == "Softmax":
            return "softmax"
        activation = getattr(getattr(layer, "activation", None), "__name__", None)
        if activation in ("softmax", "sigmoid"):
            return str(activation)
        break
    return "sigmoid" if answer.min() >= 0 and answer.max() <= 1 else "linear"


def _flat_layers(model: Any) -> list[Any]:
    """The layers, those of a model within it in its place."""
    flat = []
    for layer in model.layers:
        flat.extend(_flat_layers(layer) if hasattr(layer, "layers") else [layer])
    return flat


def _picture_input(model: Any) -> Shape:
    """Height, width and 3 of the one input."""
    if len(model.inputs) != 1:
        raise Refused(f"it takes {len(model.inputs)} inputs: expected one, the picture")
    shape = tuple(model.inputs[0].shape)
    if len(shape) == 4 and shape[1] == 3 and shape[3] != 3:
        raise Refused("its pictures have their channels first, which TensorFlow cannot run on a processor")
    if len(shape) != 4 or shape[3] != 3:
        raise Refused(f"it takes {_told(shape)}: expected pictures, height x width x 3")
    return shape[1:]


def _as_picture(answer: Any, picture: Any, tensorflow: Any) -> Any:
    """The first answer of a model that is laid out as a matte, as (1, height, width, classes)."""
    answers = (
        list(answer.values()) if isinstance(answer, dict) else answer if isinstance(answer, list | tuple) else [answer]
    )
    for each in answers:
        shape = tuple(each.shape)
        if len(shape) == 4:
            return each
        if len(shape) == 3 and (side := _sides(shape[1], picture.shape)):
            return tensorflow.reshape(each, (1, *side, shape[2]))
        if len(shape) == 3 and None not in shape and min(shape[1:]) >= 8:
            return each[..., None]
        if len(shape) == 2 and (side := _sides(shape[1], picture.shape)):
            return tensorflow.reshape(each, (1, *side, 1))
    raise Refused(
        f"it answers {_told(tuple(answers[0].shape))}: expected a matte, one number or several for each place"
    )


def _sides(places: int | None, picture: Shape) -> tuple[int, int] | None:
    """Height and width of a flat answer: the picture's, over the same whole number each."""
    height, width = picture[1:3]
    if not places or not height or not width:
        return None
    sizes = ((height // share, width // share) for share in (1, 2, 4, 8, 16, 32))
    return next((size for size in sizes if size[0] * size[1] == places), None)


def _write(function: Any, signature: list[Any], path: Path) -> None:
    tf2onnx, onnx = importlib.import_module("tf2onnx"), importlib.import_module("onnx")
    try:
        made, _ = tf2onnx.convert.from_function(function, input_signature=signature, opset=OPSET)
    except (ValueError, RuntimeError, KeyError, NotImplementedError) as error:
        raise Refused(f"it cannot be written as ONNX: {str(error).strip()[:200]}") from error
    _rename_output(made.graph)
    _ask_for_current_resizing(made.graph)
    onnx.save(made, path)


def _rename_output(graph: Any) -> None:
    """Call the answer `OUTPUT`, where tf2onnx calls it after its last node."""
    before = graph.output[0].name
    graph.output[0].name = OUTPUT
    for node in graph.node:
        for names in (node.input, node.output):
            for index, name in enumerate(names):
                if name == before:
                    names[index] = OUTPUT


def _ask_for_current_resizing(graph: Any) -> None:
    """Nearest-neighbour resizing in ONNX's present word for it: ONNX Runtime warns of tf2onnx's at every start.

    They differ only where a centre falls between two pixels, which whole factors never do.
    """
    for node in graph.node:
        words = {attribute.name: attribute for attribute in node.attribute}
        way = words.get("coordinate_transformation_mode")
        if node.op_type == "Resize" and way is not None and way.s == b"tf_half_pixel_for_nn":
            way.s = b"half_pixel"
            if "nearest_mode" in words:
                words["nearest_mode"].s = b"round_prefer_floor"


def _told(shape: Shape) -> str:
    return "x".join("any" if side is None else str(side) for side in shape[1:]) or "one number"
