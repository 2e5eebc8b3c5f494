"""What a model takes, found in the names and shapes of its tensors wherever its spec does not say.

The picture is the input of four sides of which one has three channels. An input `r1i` beside an output `r1o` is a state
that the model hands to itself, `bgr` beside a picture the plate, `downsample_ratio` a ratio. What of all this is not so
a spec can say; what nothing says anything of is refused.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from transforms.model.spec import Layout, Longest, ModelInputs, PictureInput, Ratio, State
from transforms.model.spec_file import shipped
from transforms.model.spec_words import LONGEST_SIDE, Words, laid_over, spec_names
from transforms.picture import Size
from transforms.runtime.graph import Tensor
from transforms.runtime.network import ModelError

PLATE_NAMES = frozenset({"bgr", "bg", "background", "plate", "clean_plate", "back"})
RATIO_NAMES = frozenset({"downsample_ratio", "ratio", "downsample"})
RATIO: Longest = {"fast": 256, "balanced": 384, "best": 512}
"""Pixels of the longer side for the coarse part: RVM's authors advise 256 to 512."""
WARM_UP = 2
"""Showings of the first picture to a model with states: by the third the matte of a still has settled."""

_HANDED_ON = (
    (r"i$", "o"),
    (r"in$", "out"),
    (r"input", "output"),
    (r"(?<![a-z])in(?![a-z])", "out"),
    (r"(?<![a-z])prev(ious)?(?![a-z])", "next"),
    (r"(?<![a-z0-9])([hc])0(?![0-9])", r"\1n"),
)
"""How the output that a state comes back by is called, of the input's name."""


def known_as(inputs: Iterable[str], outputs: Iterable[str]) -> Words | None:
    """The shipped spec whose model has tensors of these names, None where there is none."""
    taken, given = frozenset(inputs), frozenset(outputs)
    for name in spec_names():
        words = shipped(name)
        match = words.get("match")
        if match and taken.issuperset(match["inputs"]) and given.issuperset(match["outputs"]):
            return words
    return None


def with_known(words: Words | None, inputs: Sequence[Tensor], outputs: Sequence[Tensor]) -> Words:
    """What the spec says, laid over what is known of models of these names; a spec with a base knows better."""
    said = words or {}
    names = ((tensor.name for tensor in tensors) for tensors in (inputs, outputs))
    known = None if "base" in said else known_as(*names)
    return said if known is None else laid_over(known, said)


def inputs_of(words: Words, inputs: Sequence[Tensor], outputs: Sequence[Tensor], *, name: str) -> ModelInputs:
    """All that the model is handed; `name` is what refusals call it.

    Raises:
        ModelError: the spec contradicts the model, or an input is left of which nothing is known.
    """
    by_name = {tensor.name: tensor for tensor in inputs}
    constants = tuple(words.get("constants", {}).items())
    plate = _plate(words, inputs)
    states = tuple(_states(words, inputs, outputs, name))
    ratio = _ratio(words, inputs)
    spoken_for = [each for each, _ in constants] + [state.input for state in states]
    spoken_for += [each for each in (plate, ratio and ratio.input) if each is not None]
    for each in spoken_for:
        if each not in by_name:
            raise ModelError(f"{name}: {each!r} is none of its inputs: {_names(inputs)}")
    left = [tensor for tensor in inputs if tensor.name not in spoken_for]
    picture = _picture(words, left, name)
    unknown = [tensor.name for tensor in left if tensor is not picture]
    if unknown:
        raise ModelError(
            f"{name} takes {unknown[0]!r} too: its spec must name it as a plate, a state, a ratio or a constant"
        )
    return ModelInputs(_picture_input(words, picture, name), plate, states, ratio, constants)


def _names(tensors: Sequence[Tensor]) -> str:
    return ", ".join(tensor.name for tensor in tensors)[:200]


def _is_picture(tensor: Tensor) -> bool:
    return len(tensor.shape) == 4 and 3 in (tensor.shape[1], tensor.shape[3])


def _plate(words: Words, inputs: Sequence[Tensor]) -> str | None:
    said = words.get("plate", {}).get("input")
    if said is not None:
        return str(said)
    pictures = [tensor for tensor in inputs if _is_picture(tensor)]
    named = [tensor.name for tensor in pictures if _word(tensor.name) in PLATE_NAMES]
    return named[0] if len(pictures) == 2 and len(named) == 1 else None


def _ratio(words: Words, inputs: Sequence[Tensor]) -> Ratio | None:
    said: dict[str, Any] = words.get("ratio", {})
    named = (tensor.name for tensor in inputs if _word(tensor.name) in RATIO_NAMES and len(tensor.shape) <= 1)
    name = said.get("input") or next(named, None)
    return None if name is None else Ratio(name, said.get("longest", RATIO))


def _states(words: Words, inputs: Sequence[Tensor], outputs: Sequence[Tensor], name: str) -> Iterator[State]:
    shapes = {tensor.name: tuple(side or 1 for side in tensor.shape) for tensor in inputs}
    given = {tensor.name: tensor for tensor in outputs}
    said = words.get("state")
    if said is None:
        pictures = [tensor for tensor in inputs if _is_picture(tensor)]
        others = [tensor for tensor in inputs if pictures != [tensor]]
        said = [{"input": one.name, "output": back} for one in others if (back := _returned(one, given))]
    for state in said:
        if "input" not in state or "output" not in state:
            raise ModelError(f"{name}: a [[state]] of its spec lacks its input or its output")
        if state["output"] not in given:
            raise ModelError(f"{name}: the state's {state['output']!r} is none of its outputs: {_names(outputs)}")
        yield State(state["input"], state["output"], state.get("shape", shapes.get(state["input"], ())))


def _returned(tensor: Tensor, outputs: Mapping[str, Tensor]) -> str | None:
    """The output by which what goes in as `tensor` comes back, where there is one that may be of its shape."""
    for pattern, replacement in _HANDED_ON:
        back = re.sub(pattern, replacement, tensor.name)
        if back != tensor.name and back in outputs and _may_be_alike(tensor, outputs[back]):
            return back
    return None


def _may_be_alike(one: Tensor, other: Tensor) -> bool:
    """Whether their shapes are the same but for sides that are left open."""
    sides = list(zip(one.shape, other.shape, strict=False))
    return len(one.shape) == len(other.shape) and all(a == b or None in (a, b) for a, b in sides)


def _word(name: str) -> str:
    """A tensor's name without what TensorFlow adds: `serving_default_src:0` is `src`."""
    return name.split(":")[0].removeprefix("serving_default_").lower()


def _picture(words: Words, inputs: Sequence[Tensor], name: str) -> Tensor:
    said = words.get("input", {}).get("name")
    fitting = [tensor for tensor in inputs if (_is_picture(tensor) if said is None else tensor.name == said)]
    if said is not None and not fitting:
        raise ModelError(f"{name}: the spec's input {said!r} is none of its inputs: {_names(inputs)}")
    if len(fitting) > 1:
        raise ModelError(f"{name} takes {len(fitting)} pictures, {_names(fitting)}: its spec must say [input] name")
    if not fitting:
        raise ModelError(f"{name} takes no picture: none of its inputs has three channels ({_shown(inputs)})")
    return fitting[0]


def _shown(tensors: Sequence[Tensor]) -> str:
    return ", ".join(f"{tensor.name} {shape_text(tensor)}" for tensor in tensors)[:200]


def shape_text(tensor: Tensor) -> str:
    """A tensor's shape as it is written: 1x3x?x?."""
    return "x".join("?" if side is None else str(side) for side in tensor.shape) or "one number"


def _picture_input(words: Words, tensor: Tensor, name: str) -> PictureInput:
    said: dict[str, Any] = dict(words.get("input", {}))
    if len(tensor.shape) != 4 or tensor.shape[0] not in (None, 1):
        raise ModelError(f"{name}: {tensor.name!r} is {shape_text(tensor)}, which is not one picture")
    layout: Layout = said.pop("layout", "nhwc" if tensor.shape[3] == 3 else "nchw")
    channels = tensor.shape[1 if layout == "nchw" else 3]
    if channels not in (None, 3):
        raise ModelError(f"{name}: {tensor.name!r} is {shape_text(tensor)}, which is not {layout} of three channels")
    size = _size(said.pop("size", None), tensor, layout, name)
    if tensor.dtype in ("uint8", "int8", "int32", "int64"):
        said.setdefault("scale", 1.0)
    return PictureInput(**{**said, "name": tensor.name, "layout": layout, "size": size})


def _size(said: Any, tensor: Tensor, layout: Layout, name: str) -> Size | None:
    """The only size that goes, None for any. One open side is as long as the other."""
    height, width = tensor.shape[2:] if layout == "nchw" else tensor.shape[1:3]
    wanted = None if said in (None, "any") else Size(*said)
    if max(height or 1, width or 1) > LONGEST_SIDE:
        raise ModelError(f"{name} takes {width}x{height}, too large: {LONGEST_SIDE} a side at most")
    if wanted is None:
        if height is None and width is None:
            return None
        return Size(width or height or 1, height or width or 1)
    if width not in (None, wanted.width) or height not in (None, wanted.height):
        raise ModelError(f"{name}: the spec says {wanted.width}x{wanted.height}, the model takes {width}x{height}")
    return wanted
