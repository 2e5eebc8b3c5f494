"""Pipelines and their changes, made beside the call: reading an image or loading kernels takes a while.

Each in a thread of its own that ends with it, so that neither the event loop nor the call's worker waits, nor one call
for another's.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, ParamSpec, TypeVar

from gateway.errors import ArgumentError, Busy
from gateway.intake import warm_up
from gateway.worker import Worker, WorkerStuck
from transforms import catalog
from transforms.effect import Effect, EffectError, ImageBackground, MediapipeKey, ModelKey, VideoBackground

if TYPE_CHECKING:
    from gateway.effect import Assets, EffectModel
    from transforms.change import PipelineChange
    from transforms.pipeline import Pipeline

P = ParamSpec("P")
T = TypeVar("T")

PATIENCE = 60.0
"""Seconds one build may take: the largest image there may be, on a machine that has no core to spare."""


async def built(function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """What `function` returns, called in a thread of its own.

    Raises:
        ArgumentError: the effect cannot be made.
        Busy: it takes too long.
    """
    worker = Worker("build", patience=PATIENCE)
    try:
        made = await worker.run(function, *args, **kwargs)
        await worker.aclose()
    except EffectError as error:
        raise ArgumentError(f"effect: {error}") from error
    except WorkerStuck as late:
        raise Busy(f"the effect took longer than {PATIENCE:g} s to make", retry_after=PATIENCE) from late
    else:
        return made
    finally:
        worker.close()


def pipeline_of(effect: EffectModel, assets: Assets, *, readers: int) -> Pipeline:
    """A pipeline, with frames enough for so many readers at once.

    Raises:
        EffectError, ArgumentError: it cannot be made.
    """
    resolved = effect.resolved(assets)
    warm_up(effect.geometry.resolved())
    with _by_name(resolved):
        pipeline = catalog.pipeline(resolved)
    pipeline.pool.capacity += FRAMES_PER_READER * readers
    return pipeline


FRAMES_PER_READER = 3
"""Of the pool: the last one a reader sent, the one it is at, one that waits. Most readers hold the same ones."""


def change_of(pipeline: Pipeline, effect: EffectModel, assets: Assets, *, fresh_plate: bool = False) -> PipelineChange:
    """What makes `pipeline` one of `effect`.

    Raises:
        EffectError, ArgumentError: it cannot be made.
    """
    resolved = effect.resolved(assets)
    warm_up(effect.geometry.resolved())
    with _by_name(resolved):
        return catalog.with_changes(pipeline, resolved, fresh_plate=fresh_plate)


@contextmanager
def _by_name(effect: Effect) -> Iterator[None]:
    """What cannot be used is called by its name: in which folder of ours it lies is nobody's business."""
    try:
        yield
    except EffectError as error:
        sentence = str(error)
        for file in _files(effect):
            sentence = sentence.replace(f"{file.parent}{os.sep}", "")
        raise EffectError(sentence) from error


def _files(effect: Effect) -> Iterator[Path]:
    """The files of ours that an effect is made of; a spec that comes with changebg has but a name."""
    if isinstance(effect.background, ImageBackground | VideoBackground):
        yield effect.background.path
    match effect.matting:
        case ModelKey(path, spec):
            yield from (file for file in (path, spec) if file is not None and file.is_absolute())
        case MediapipeKey(Path() as path):
            yield path
