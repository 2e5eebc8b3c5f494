"""What a model answers, found in what it did answer in its trial run wherever its spec does not say."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from transforms.model.spec import ForegroundOutput, MatteOutput, ModelInputs, OutputKind
from transforms.model.spec_words import Words
from transforms.picture import Size
from transforms.runtime.categories import foreground
from transforms.runtime.network import ModelError

MATTE_NAMES = frozenset({"pha", "alpha", "matte", "alpha_matte"})
FOREGROUND_NAMES = frozenset({"fgr", "fg", "foreground"})
MOST_CLASSES = 256
"""Channels: more are features, and no classes."""
TOLERANCE = 0.01
"""How far beyond 0..1 rounding takes what is a chance."""


@dataclass(frozen=True, slots=True)
class Answer:
    """One output of the trial run: its shape, numpy's name of its type, its least and greatest value.

    `is_finite`: whether all of them are numbers.
    """

    name: str
    shape: tuple[int, ...]
    dtype: str
    least: float
    most: float
    is_finite: bool = True


@dataclass(frozen=True, slots=True)
class Grid:
    """An answer's shape as what it means."""

    layout: Literal["nchw", "nhwc", "flat"]
    channels: int
    size: Size


def matte_of(
    words: Words,
    inputs: ModelInputs,
    answers: Sequence[Answer],
    shown: Size,
    *,
    name: str,
    labels: tuple[str, ...] = (),
) -> MatteOutput:
    """The output that answers, and how. `shown`: the size of the picture in the trial run; `name`: for refusals.

    `labels`: what the model's file calls its classes, where the spec does not say.

    Raises:
        ModelError: there is none that can be a matte, or the spec contradicts it.
    """
    said: dict[str, Any] = dict(words.get("output", {}))
    answer = _matte(said.pop("name", None), inputs, answers, said, shown, name)
    if not answer.is_finite:
        raise ModelError(f"{name}: its answer {answer.name!r} to a plain picture holds what is no number")
    grid = _grid(answer, inputs, said, shown)
    if grid is None:
        raise ModelError(
            f"{name}: {answer.name!r}, {_shape(answer)}, is no matte; its spec may say [output] layout, size"
        )
    kind = said.get("kind") or _kind(answer, grid)
    classes = _classes(said.get("class"), said.get("labels", labels), kind, grid, answer, name)
    scale = said.get("scale", 1 / 255 if answer.dtype == "uint8" and kind != "labels" else 1.0)
    refine = said.get("refine", kind != "alpha")
    return MatteOutput(
        answer.name,
        kind,
        grid.layout,
        grid.size if grid.layout == "flat" else None,
        classes,
        scale,
        refine,
    )


def foreground_of(
    words: Words, inputs: ModelInputs, matte: MatteOutput, answers: Sequence[Answer], *, name: str
) -> ForegroundOutput | None:
    """The output of the person's colours, where there is one of the matte's size.

    Raises:
        ModelError: the spec names one that is none.
    """
    said: dict[str, Any] = words.get("foreground", {})
    wanted = said.get("name")
    by_name = {answer.name: answer for answer in answers}
    found = next(
        (each for each in answers if each.name == wanted or (wanted is None and _is(each, FOREGROUND_NAMES))), None
    )
    if found is None and wanted is None:
        return None
    if found is None:
        raise ModelError(f"{name}: the spec's foreground {wanted!r} is none of its outputs: {_names(answers)}")
    channels_first = inputs.picture.layout == "nchw"
    sides = by_name[matte.name].shape[2:] if channels_first else by_name[matte.name].shape[1:3]
    expected = (1, 3, *sides) if channels_first else (1, *sides, 3)
    if found.shape == expected and found.is_finite and matte.layout != "flat":
        return ForegroundOutput(found.name, said.get("scale", 1.0))
    if wanted is None:
        return None
    raise ModelError(
        f"{name}: {wanted!r}, {_shape(found)}, is no foreground beside a matte of {_shape(by_name[matte.name])}"
    )


def _matte(
    said: str | None, inputs: ModelInputs, answers: Sequence[Answer], words: dict[str, Any], shown: Size, name: str
) -> Answer:
    if said is not None:
        named = [answer for answer in answers if answer.name == said]
        if not named:
            raise ModelError(f"{name}: the spec's output {said!r} is none of its outputs: {_names(answers)}")
        return named[0]
    handed_on = {state.output for state in inputs.states}
    left = [each for each in answers if each.name not in handed_on and not _is(each, FOREGROUND_NAMES)]
    fitting = [each for each in left if _grid(each, inputs, words, shown) is not None]
    if not fitting and len(left) == 1:
        return left[0]
    if not fitting:
        raise ModelError(f"{name} answers with no matte: {', '.join(f'{a.name} {_shape(a)}' for a in answers)[:200]}")
    return next((each for each in fitting if _is(each, MATTE_NAMES)), fitting[0])


def _grid(answer: Answer, inputs: ModelInputs, said: dict[str, Any], shown: Size) -> Grid | None:
    """The shape as places and channels; None where it cannot be."""
    shape = answer.shape
    if len(shape) > 2 and shape[0] != 1:
        return None
    layout = said.get("layout")
    if len(shape) == 4 and layout != "flat":
        return _planes(shape, layout or _likelier(shape, inputs.picture.layout))
    if len(shape) not in (2, 3):
        return None
    height, width = shape[-2:]
    has_its_shape = min(height, width) > 1 and height * shown.width == width * shown.height
    flat = None if has_its_shape and layout is None else _flat(shape[1:], said.get("size"), shown)
    if flat is not None or layout == "flat":
        return flat
    return Grid("nchw", 1, Size(width, height)) if min(height, width) > 1 else None


def _planes(shape: tuple[int, ...], layout: str) -> Grid | None:
    channels, height, width = shape[1:] if layout == "nchw" else (shape[3], shape[1], shape[2])
    if channels > MOST_CLASSES or min(height, width) < 2:
        return None
    return Grid("nchw" if layout == "nchw" else "nhwc", channels, Size(width, height))


def _likelier(shape: tuple[int, ...], layout: str) -> str:
    """Channels are fewer than rows and columns; where that tells nothing, as in the input."""
    first, last = shape[1] < min(shape[2:]), shape[3] < min(shape[1:3])
    return layout if first == last else "nchw" if first else "nhwc"


def _flat(shape: tuple[int, ...], said: tuple[int, int] | None, shown: Size) -> Grid | None:
    """(places, classes) or (places), of the size said or the input's over a whole number."""
    places, channels = shape if len(shape) == 2 else (*shape, 1)
    if channels > MOST_CLASSES:
        return None
    sizes = [Size(*said)] if said else [Size(shown.width // by, shown.height // by) for by in (1, 2, 4, 8, 16)]
    size = next((size for size in sizes if size.width * size.height == places and min(size) > 1), None)
    return None if size is None else Grid("flat", channels, size)


def _kind(answer: Answer, grid: Grid) -> OutputKind:
    if _is(answer, MATTE_NAMES) and grid.channels == 1:
        return "alpha"
    if answer.dtype in ("int32", "int64", "bool"):
        return "labels"
    if answer.dtype == "uint8" or (answer.least >= -TOLERANCE and answer.most <= 1 + TOLERANCE):
        return "probability"
    return "logits"


def _classes(
    said: tuple[int | str, ...] | None, labels: tuple[str, ...], kind: OutputKind, grid: Grid, answer: Answer, name: str
) -> tuple[int, ...]:
    """The classes that are foreground."""
    if kind == "labels" and grid.channels != 1:
        raise ModelError(f"{name}: {answer.name!r}, {_shape(answer)}, has more than one channel and so no labels")
    if said is None:
        return _usual_classes(labels, kind, grid, name)
    numbers = _numbers(said, labels, name)
    if kind != "labels" and (grid.channels == 1 or max(numbers) >= grid.channels):
        raise ModelError(f"{name}: the spec's class {max(numbers)} is none of {grid.channels}, counted from 0")
    return numbers


def _usual_classes(labels: tuple[str, ...], kind: OutputKind, grid: Grid, name: str) -> tuple[int, ...]:
    """Of one channel none; of two the second; of more, and of labels, those that are called persons."""
    if kind != "labels" and grid.channels <= 2:
        return (1,) if grid.channels == 2 else ()
    if len(labels) > 2 and (kind == "labels" or len(labels) == grid.channels):
        return foreground(labels, name=name)
    if kind == "labels":
        return (1,)
    raise ModelError(f"{name} tells {grid.channels} classes apart: its spec must say [output] class")


def _numbers(said: tuple[int | str, ...], labels: tuple[str, ...], name: str) -> tuple[int, ...]:
    if any(isinstance(each, str) for each in said):
        return foreground(labels, name=name, categories=[str(each) for each in said])
    return tuple(int(each) for each in said)


def _is(answer: Answer, names: frozenset[str]) -> bool:
    return answer.name.split(":")[0].lower() in names


def _names(answers: Sequence[Answer]) -> str:
    return ", ".join(answer.name for answer in answers)[:200]


def _shape(answer: Answer) -> str:
    return "x".join(map(str, answer.shape)) or "one number"
