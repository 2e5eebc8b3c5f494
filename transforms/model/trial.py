"""A model's first run, in a process of its own (`transforms.runtime.apart`): what it answers, and how long it takes.

It is shown a sketch of somebody before a wall, so that what its numbers mean can be told from what they are.
"""

from __future__ import annotations

import resource
from dataclasses import asdict, dataclass
from pathlib import Path
from time import perf_counter
from typing import Any

import numpy as np
from numpy.typing import NDArray

from transforms.effect import Quality
from transforms.model.answers import Answer
from transforms.model.feeding import RGB, Feeding
from transforms.model.graphs import open_graph
from transforms.model.inference import inputs_of, with_known
from transforms.model.spec import EACH_QUALITY
from transforms.model.spec_words import Words, parse
from transforms.picture import Size
from transforms.runtime.apart import Document, answer_apart, ask_apart

SHOWN_AS = Size(1280, 720)
"""What a picture is taken to be where a model takes any size; upright ones have as many pixels."""
RUNS = 2
"""The first run allocates, and the second tells what a picture takes; states come back to the model in it."""


@dataclass(frozen=True, slots=True)
class Trial:
    """What became of it. `size`: at which a picture was shown; `seconds`: for one; `memory`: octets, of the process."""

    answers: tuple[Answer, ...]
    size: Size
    seconds: float
    memory: int


def try_out(path: Path, words: Words, quality: Quality, *, name: str) -> Trial:
    """Run the model at `path` for the first time. Blocks for a second or so.

    Raises:
        ModelError: it cannot be loaded or run, takes too long, or killed the process that ran it.
    """
    question = {"path": str(path), "words": words, "quality": quality, "name": name}
    document = ask_apart(__name__, question, name=name)
    answers = tuple(Answer(**{**each, "shape": tuple(each["shape"])}) for each in document["answers"])
    return Trial(answers, Size(*document["size"]), document["seconds"], document["memory"])


def _answer(question: Document) -> Document:
    """The child: one model, loaded and run."""
    words = parse(question["words"], name=question["name"])
    return asdict(_run(Path(question["path"]), words, _quality(question["quality"]), question["name"]))


def _quality(word: str) -> Quality:
    return next(quality for quality in EACH_QUALITY if quality == word)


def _run(path: Path, words: Words, quality: Quality, name: str) -> Trial:
    graph = open_graph(path)
    inputs = inputs_of(with_known(words, graph.inputs, graph.outputs), graph.inputs, graph.outputs, name=name)
    size = inputs.picture.size_for(SHOWN_AS, quality)
    feeding = Feeding(inputs, graph.inputs, quality)
    rgb = sketch(size)
    answers, seconds = {}, 0.0
    for _ in range(RUNS):
        started = perf_counter()
        answers = graph.run(feeding.tensors(rgb, rgb))
        seconds = max(perf_counter() - started, 1e-6)
        feeding.keep(answers)
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss << 10
    return Trial(tuple(_seen(each, value) for each, value in answers.items()), size, seconds, memory)


def _seen(name: str, value: NDArray[Any]) -> Answer:
    is_finite = bool(np.isfinite(value).all())
    numbers = np.nan_to_num(value.astype(np.float64))
    least, most = (float(numbers.min()), float(numbers.max())) if value.size else (0.0, 0.0)
    return Answer(name, tuple(value.shape), str(value.dtype), least, most, is_finite)


def sketch(size: Size) -> RGB:
    """Somebody before a wall, in three strokes: enough for a model to have something to say."""
    y, x = np.mgrid[0 : size.height, 0 : size.width].astype(np.float32)
    across, down = x / size.width - 0.5, y / size.height
    head = (across / 0.09) ** 2 + ((down - 0.4) / 0.16) ** 2 < 1
    body = (across / 0.24) ** 2 + ((down - 1.0) / 0.4) ** 2 < 1
    rgb = np.empty((size.height, size.width, 3), np.uint8)
    rgb[:] = (150 + 60 * across * down)[:, :, None]
    rgb[body] = (40, 60, 110)
    rgb[head] = (205, 160, 135)
    grain = np.random.default_rng(1).integers(-6, 7, (size.height, size.width, 1))
    drawn: RGB = np.clip(rgb + grain, 0, 255).astype(np.uint8)
    return drawn


if __name__ == "__main__":
    answer_apart(_answer)
