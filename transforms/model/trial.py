"""A model's first run, in a process of its own: what it answers, how long it takes, and whether it can be run at all.

A model file is a program in a format that native code reads. Whatever is wrong with one, damaged, made to harm, asking
for more memory or time than there is, comes to light in a child that has limits on both and dies alone. What loads and
answers here is then loaded where the calls are.
"""

from __future__ import annotations

import json
import os
import resource
import sys
from dataclasses import asdict, dataclass
from pathlib import Path
from subprocess import DEVNULL, PIPE, Popen, TimeoutExpired
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
from transforms.model.spec_file import Words, parse
from transforms.picture import Size
from transforms.runtime.network import InferenceFailed, ModelError

PATIENCE = 60.0
"""Seconds for all of it: a model that needs longer to load is none for a call."""
PROCESSOR_SECONDS = 30
MEMORY = 6 << 30
"""Octets of address space: what a model of 1 GiB and its pictures need, most of it never touched."""
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
    asked = json.dumps({"path": str(path), "words": words, "quality": quality, "name": name})
    environ = {key: value for key, value in os.environ.items() if not key.startswith("CHANGEBG_")}
    environ |= {"PYTHONPATH": str(Path(__file__).parents[2]), "OPENBLAS_NUM_THREADS": "1"}
    command = [sys.executable, "-P", "-m", __name__]
    with Popen(command, stdin=PIPE, stdout=PIPE, stderr=DEVNULL, env=environ, start_new_session=True) as child:
        try:
            told, _ = child.communicate(asked.encode(), timeout=PATIENCE)
        except TimeoutExpired as late:
            raise ModelError(f"{name} takes more than {PATIENCE:.0f} s to load and answer once") from late
        finally:
            child.kill()  # has no effect on one that has ended
    return _trial(told, child.returncode, name)


def _trial(told: bytes, status: int, name: str) -> Trial:
    """What the child wrote before it ended."""
    try:
        document = json.loads(told)
    except ValueError as error:
        raise ModelError(f"{name} cannot be run: it killed the process that tried it ({_ending(status)})") from error
    if "refused" in document:
        raise ModelError(document["refused"])
    answers = tuple(Answer(**{**each, "shape": tuple(each["shape"])}) for each in document["answers"])
    return Trial(answers, Size(*document["size"]), document["seconds"], document["memory"])


def _ending(status: int) -> str:
    if status >= 0:
        return f"exit status {status}"
    limit = {-24: ", too much processor time"}.get(status, "")
    return f"signal {-status}{limit}"


def _main() -> None:
    """The child: one model, loaded and run; what comes of it as JSON on stdout."""
    told = os.dup(1)
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)  # libraries print there too
    resource.setrlimit(resource.RLIMIT_CPU, (PROCESSOR_SECONDS, PROCESSOR_SECONDS))
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    asked = json.loads(sys.stdin.buffer.read())
    try:
        words = parse(asked["words"], name=asked["name"])
        trial = _run(Path(asked["path"]), words, _quality(asked["quality"]), asked["name"])
        document: dict[str, Any] = asdict(trial)
    except (ModelError, InferenceFailed) as error:
        document = {
            "refused": str(error) if isinstance(error, ModelError) else f"{asked['name']} cannot be run: {error}"
        }
    except MemoryError:
        document = {"refused": f"{asked['name']} needs more than {MEMORY >> 30} GiB of memory"}
    os.write(told, json.dumps(document).encode())
    os._exit(0)  # what a library still wants to do at its end is of no interest


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
        seconds = perf_counter() - started
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
    _main()
