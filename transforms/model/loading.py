"""From a model file to a model that can be run: looked at, tried out in a process of its own, then loaded here."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass
from pathlib import Path
from threading import Lock

from transforms.effect import Quality
from transforms.model.answers import foreground_of, matte_of
from transforms.model.graphs import open_graph
from transforms.model.inference import WARM_UP, inputs_of, with_known
from transforms.model.labels import labels_of
from transforms.model.model_file import Runtime, runtime_of
from transforms.model.spec import ModelSpec
from transforms.model.spec_file import words_for
from transforms.model.spec_words import Words
from transforms.model.trial import Trial, try_out
from transforms.runtime.graph import Graph

LONGEST_WARM_UP = 1.5
"""Seconds for all showings before the one that counts: a slow model has fewer, for a call waits meanwhile."""

REMEMBERED = 64
"""Trials: more models than a server offers."""


@dataclass(frozen=True, slots=True)
class Model:
    """A model ready for one stream. `trial`: what became of its first run, in another process."""

    path: Path
    runtime: Runtime
    spec: ModelSpec
    quality: Quality
    graph: Graph
    trial: Trial


def load(path: Path, spec: Path | None = None, *, quality: Quality = "balanced") -> Model:
    """The model in `path`, for one stream; whoever takes it closes its graph. Blocks for a second the first time.

    `spec`: a TOML file, or the bare name of a spec that comes with changebg; None is the one beside the model.

    Raises:
        ModelError: model or spec cannot be used, or do not belong together.
    """
    name = f"model {path}"
    runtime = runtime_of(path)
    words = words_for(path, spec)
    trial = _TRIALS.of(path, words or {}, quality)
    graph = open_graph(path)
    said = with_known(words, graph.inputs, graph.outputs)
    inputs = inputs_of(said, graph.inputs, graph.outputs, name=name)
    labels = labels_of(path) if runtime == "tflite" else ()
    matte = matte_of(said, inputs, trial.answers, trial.size, name=name, labels=labels)
    run = said.get("run", {})
    made = ModelSpec(
        inputs,
        matte,
        foreground_of(said, inputs, matte, trial.answers, name=name),
        warm_up=min(run.get("warm_up", WARM_UP if inputs.states else 0), int(LONGEST_WARM_UP / trial.seconds)),
        gap=run.get("gap", 1.0),
        title=said.get("title", ""),
        license=said.get("license", ""),
        source=said.get("source", ""),
    )
    return Model(path, runtime, made, quality, graph, trial)


class _Trials:
    """Those of this process, by file, spec and quality: a model is tried once, and again when its file has changed."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._known: OrderedDict[tuple[object, ...], Trial] = OrderedDict()

    def of(self, path: Path, words: Words, quality: Quality) -> Trial:
        status = path.stat()
        key = (str(path.resolve()), status.st_ino, status.st_size, status.st_mtime_ns, repr(words), quality)
        with self._lock:
            if key in self._known:
                return self._known[key]
        trial = try_out(path, words, quality, name=f"model {path}")
        with self._lock:
            self._known[key] = trial
            while len(self._known) > REMEMBERED:
                self._known.popitem(last=False)
        return trial


_TRIALS = _Trials()
