"""Lambda layers built anew, for what a file holds of them is code, and that is never run.

Where a Lambda does one of the few things that published person models use it for, the names in its bytecode, read as
bytes, say which; the numbers it was given lie beside it in the open. Each is described again as a layer of ours whose
code is here. Every other Lambda is refused by its name.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Iterator
from typing import Any

from .refusal import Refused

Node = dict[str, Any]

RESIZE, CHANNEL = "ChangebgResize", "ChangebgChannel"
"""Class names of our layers."""


def rebuild_lambdas(config: Node) -> None:
    """Put a layer of ours in the place of each Lambda, in `config` itself.

    Raises:
        Refused: a Lambda that does something else.
    """
    for node in list(_lambdas(config)):
        inner = node.get("config")
        inner = inner if isinstance(inner, dict) else {}
        name = str(inner.get("name", node.get("name", "?")))
        code, closure = _stored(inner.get("function"))
        words = _words(code)
        rebuilt = next((made for needed, make in _KNOWN if needed <= words and (made := make(words, closure))), None)
        if rebuilt is None:
            raise Refused(f"its layer {name[:60]!r} is a Lambda: Python code inside the file, which is not run")
        class_name, arguments = rebuilt
        node["class_name"] = class_name
        node["config"] = {"name": name, "dtype": inner.get("dtype", "float32"), **arguments}
        node.pop("module", None)
        node.pop("registered_name", None)


def layers_of_ours(keras: Any, tensorflow: Any) -> dict[str, Any]:
    """The classes that `rebuild_lambdas` names, for the `custom_objects` of this Keras."""
    image = tensorflow.compat.v1.image

    class Resize(keras.layers.Layer):  # type: ignore[misc]  # Keras is untyped
        """Bilinear, to `size`: height and width; or by `factor`, its centres where Keras' UpSampling2D has them."""

        def __init__(self, *, size: list[int] | None = None, factor: list[int] | None = None, **rest: Any) -> None:
            super().__init__(**rest)
            self.size, self.factor = size, factor

        def call(self, inputs: Any) -> Any:
            if self.factor is not None:
                height, width = (side * factor for side, factor in zip(inputs.shape[1:3], self.factor, strict=True))
                return tensorflow.image.resize(inputs, [height, width])
            return image.resize_bilinear(inputs, self.size, align_corners=True)

        def get_config(self) -> Node:
            return {**super().get_config(), "size": self.size, "factor": self.factor}

    class Channel(keras.layers.Layer):  # type: ignore[misc]
        """One of the last axis' channels, which it keeps."""

        def __init__(self, *, index: int, **rest: Any) -> None:
            super().__init__(**rest)
            self.index = index

        def call(self, inputs: Any) -> Any:
            return inputs[..., self.index : self.index + 1]

        def get_config(self) -> Node:
            return {**super().get_config(), "index": self.index}

    return {RESIZE: Resize, CHANNEL: Channel}


Rebuilt = tuple[str, Node] | None


def _aligned_resize(words: frozenset[str], closure: list[Any]) -> Rebuilt:
    """`lambda x: bilinear_resize(x, side)` of Portrait-Segmentation's networks: corners aligned, see its export.py."""
    sides = [side for side in closure if isinstance(side, int)]
    return (RESIZE, {"size": [sides[0], sides[0]]}) if len(sides) == 1 else None


def _keras_segmentation_resize(words: frozenset[str], closure: list[Any]) -> Rebuilt:
    """keras_segmentation's `resize_image`: K.resize_images, bilinear, by whole factors."""
    factors = [pair for pair in closure if isinstance(pair, list) and len(pair) == 2]
    is_known = (
        len(factors) == 1 and "channels_first" not in closure and all(isinstance(side, int) for side in factors[0])
    )
    return (RESIZE, {"factor": factors[0]}) if is_known else None


def _foreground(words: frozenset[str], closure: list[Any]) -> Rebuilt:
    """`slice_foreground(x)` of Portrait-Segmentation: the second of two classes, background and person."""
    return CHANNEL, {"index": 1}


_KNOWN: tuple[tuple[frozenset[str], Callable[[frozenset[str], list[Any]], Rebuilt]], ...] = (
    (frozenset({"bilinear_resize"}), _aligned_resize),
    (frozenset({"K", "resize_images", "height_factor", "width_factor", "bilinear"}), _keras_segmentation_resize),
    (frozenset({"strided_slice", "slice_foreground"}), _foreground),
)


def _lambdas(node: object) -> Iterator[Node]:
    if isinstance(node, dict):
        if node.get("class_name") == "Lambda":
            yield node
        else:
            for each in node.values():
                yield from _lambdas(each)
    elif isinstance(node, list):
        for each in node:
            yield from _lambdas(each)


def _stored(function: object) -> tuple[bytes, list[Any]]:
    """A Lambda's bytecode and what it closes over, as Keras 2 ([code, defaults, closure]) or Keras 3 stores them."""
    if isinstance(function, dict):
        inner = function.get("config")
        function = [inner.get("code"), None, inner.get("closure")] if isinstance(inner, dict) else None
    if not isinstance(function, list) or len(function) != 3 or not isinstance(function[0], str):
        return b"", []
    try:
        code = base64.b64decode("".join(function[0].split()), validate=True)
    except (binascii.Error, ValueError):
        return b"", []
    return code, function[2] if isinstance(function[2], list) else []


SHORT_TEXT = frozenset(b"zZ\xfa\xda")
"""What precedes a short ASCII text, then its length, in a marshalled code object (CPython's marshal.c)."""


def _words(code: bytes) -> frozenset[str]:
    """The texts in a marshalled code object: the names it uses, and its constants. Nothing is unmarshalled."""
    texts = (
        code[start + 2 : start + 2 + code[start + 1]] for start in range(len(code) - 1) if code[start] in SHORT_TEXT
    )
    return frozenset(text.decode("ascii", "replace") for text in texts)
