"""A checkpoint made into `NAME.onnx` and `NAME.toml`: converted, compared, put in place."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from gateway.errors import ArgumentError, GatewayError
from gateway.keras.checkpoint import Checkpoint
from gateway.keras.description import assumptions, description
from gateway.keras.environment import REQUIREMENTS, Progress, environment, interpreter

PATIENCE = 900.0
"""Seconds for one conversion: the largest networks take two minutes on an idle core."""
CLOSE = 1e-4
"""Largest difference between TensorFlow's answer and ONNX Runtime's that rounding explains."""

Tell = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Converted:
    """What was written. `difference`: the largest between both libraries' answers; `assumed`: what to look at."""

    model: Path
    spec: Path
    difference: float
    assumed: tuple[str, ...]


def convert(
    checkpoint: Checkpoint, target: Path, *, tell: Tell, progress: Progress, is_stopped: Callable[[], bool]
) -> Converted:
    """Convert to `target`, an .onnx file, and a spec of the same name. Nothing is written unless all went well.

    Raises:
        ArgumentError: the checkpoint cannot be converted, or its outcome not be written. GatewayError: no TensorFlow
        could be had, or it gave up. Stopped: somebody wants it to end.
    """
    _writable(target)
    python = interpreter()
    with environment(is_stopped) as made:
        tell("TensorFlow is installed into an environment of its own (0.5 GB to fetch, 2 GB for a while)")
        made.create(python)
        made.install(REQUIREMENTS / "tensorflow.txt", progress)
        if checkpoint.config is not None:
            made.install(REQUIREMENTS / "keras_segmentation.txt", progress)
        tell(f"{checkpoint.told()} is converted")
        seen = made.work(_job(checkpoint), patience=PATIENCE)
        if "refused" in seen:
            raise ArgumentError(f"CHECKPOINT {str(checkpoint.weights)!r}: {seen['refused']}")
        return put_in_place(checkpoint, seen, made.folder, target)


def _job(checkpoint: Checkpoint) -> dict[str, object]:
    job: dict[str, object] = {"path": str(checkpoint.weights.resolve())}
    return job if checkpoint.config is None else job | {"config": asdict(checkpoint.config)}


def put_in_place(checkpoint: Checkpoint, seen: dict[str, object], folder: Path, target: Path) -> Converted:
    """Try what the worker left in `folder` as a call would use it, then write both files.

    Raises:
        GatewayError: a call cannot use it, or it answers otherwise than TensorFlow.
        ArgumentError: it cannot be put there.
    """
    spec = target.with_suffix(".toml")
    model, described = folder / "model.onnx", folder / "model.toml"
    described.write_text(description(checkpoint, seen))
    with np.load(folder / "probe.npz") as probe:
        difference = _difference(model, probe["picture"], probe["matte"])
    if not difference <= CLOSE:
        raise GatewayError(f"ONNX Runtime answers otherwise than TensorFlow, by {difference:.2g}: not written")
    _move(model, target)
    _move(described, spec)
    return Converted(target, spec, difference, tuple(assumptions(checkpoint, seen)))


def _difference(model: Path, picture: np.ndarray[Any, Any], matte: np.ndarray[Any, Any]) -> float:
    """The largest difference of the model's answer, run as a call runs it, from TensorFlow's, NaN where either is.

    Raises:
        GatewayError: a call could not use it.
    """
    from transforms.effect import EffectError
    from transforms.model.loading import load

    try:
        loaded = load(model)
    except EffectError as error:
        raise GatewayError(f"ONNX Runtime cannot run what TensorFlow made of it: {error}") from error
    try:
        answer = loaded.graph.run({"picture": picture})["matte"]
    finally:
        loaded.graph.close()
    return float(np.abs(answer - matte).max()) / max(1.0, float(np.abs(matte).max()))


def _writable(target: Path) -> None:
    """Refuse before anything is fetched where nothing could be written afterwards."""
    if target.suffix != ".onnx":
        raise ArgumentError(f"--output {str(target)!r}: expected a file name that ends in .onnx")
    if not target.parent.is_dir():
        raise ArgumentError(f"--output {str(target)!r}: there is no folder {str(target.parent)!r}")
    if target.is_dir() or not os.access(target.parent, os.W_OK):
        raise ArgumentError(f"--output {str(target)!r}: cannot be written there")


def _move(made: Path, target: Path) -> None:
    """Put a file in place whole: whoever reads `target` meanwhile has the old one or the new one."""
    try:
        with tempfile.NamedTemporaryFile(dir=target.parent, prefix=f".{target.name}.", delete=False) as beside:
            try:
                with made.open("rb") as source:
                    shutil.copyfileobj(source, beside)
                beside.flush()
                Path(beside.name).chmod(0o644)
                Path(beside.name).replace(target)
            except BaseException:
                Path(beside.name).unlink(missing_ok=True)
                raise
    except OSError as error:
        raise ArgumentError(f"--output {str(target)!r}: {error.strerror or error}") from error
