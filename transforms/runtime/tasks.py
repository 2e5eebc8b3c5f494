"""Segmentation models by MediaPipe Tasks, the library as its makers ship it (the extra `mediapipe`).

Three of its habits are dealt with here. It reports every use to its makers when a segmenter closes, and has no option
against it; it prints to standard error; and a segmenter that is not closed complains when the process ends.
"""

from __future__ import annotations

import os
import weakref
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from transforms.picture import Size
from transforms.runtime.categories import foreground
from transforms.runtime.hush import native_stderr_hushed
from transforms.runtime.left_out import left_out
from transforms.runtime.network import InferenceFailed, ModelError

NOWHERE = "closed://changebg"
"""A proxy of a kind that libcurl, by which the reports leave, does not know: it gives up before it makes a socket."""

DRAWING = ("mediapipe.tasks.python.vision.drawing_utils", "mediapipe.tasks.python.vision.drawing_styles")
"""What draws landmarks, by OpenCV and Matplotlib: a second, 68 MB, and system libraries that nothing else needs."""

LONGEST_SIDE = 2048
"""Pixels that a model's picture may have: larger ones take seconds each, and gigabytes."""

_FAULTS = (ValueError, RuntimeError, OSError, IndexError)
"""What the library raises of its own status codes (mediapipe/tasks/python/core/mediapipe_c_utils.py)."""


class TasksNetwork:
    """One `ImageSegmenter`, and the categories of its model that are foreground.

    `labels`: what the model calls its categories, in their order; one that is not named is "".
    """

    def __init__(self, model: bytes, *, name: str, categories: Sequence[str] = (), chair: bool = False) -> None:
        """Load `model`, the whole TFLite file; `name` is what messages call it. See `foreground` for the others.

        Raises:
            ModelError: the library or what it needs is missing, or the model cannot be used, or has no such category.
        """
        self._library = _Library()
        with native_stderr_hushed():
            self._segmenter = self._library.segmenter(model, name)
            # At `close`, or when nobody holds this any more.
            self._close = weakref.finalize(self, _close, self._segmenter)
            try:
                self.size = self._library.input_size(model, name)
                self.labels = self._first_labels()
                self._chosen = foreground(self.labels, name=name, categories=categories, chair=chair)
            except InferenceFailed as error:
                self.close()
                raise ModelError(f"{name} does not run in MediaPipe: {error}") from error
            except ModelError:
                self.close()
                raise

    def _first_labels(self) -> tuple[str, ...]:
        """One for each mask of a black picture, on which all that is made at first use is made, too."""
        count = len(self._masks(np.zeros((self.size.height, self.size.width, 3), np.uint8)))
        labels = self._segmenter.labels
        return (*labels, *[""] * (count - len(labels)))[:count]

    def run(self, rgb: NDArray[np.uint8]) -> NDArray[np.float32]:
        """See `Network.run`: the sum of the chances of all categories that are foreground."""
        masks = self._masks(rgb)
        chance: NDArray[np.float32] = np.zeros(masks[0].numpy_view().shape[:2], np.float32)
        for number in self._chosen:
            chance += masks[number].numpy_view()[:, :, 0]
        if not np.isfinite(chance).all():
            raise InferenceFailed("the network's answer holds what is no number")
        return np.clip(chance, 0, 1, out=chance)

    def _masks(self, rgb: NDArray[np.uint8]) -> list[Any]:
        """A picture of the library's for each category; its samples are gone when it is."""
        try:
            masks = self._segmenter.segment(self._library.image(rgb)).confidence_masks
        except _FAULTS as error:
            raise InferenceFailed(_first_line(error)) from error
        if not masks:
            raise InferenceFailed("the network gave no mask")
        return list(masks)

    def close(self) -> None:
        """Close the segmenter, once."""
        self._close()


class _Library:
    """What is used of MediaPipe, imported when first needed.

    Raises:
        ModelError: it, or a system library it needs, is not installed.
    """

    def __init__(self) -> None:
        close_off_reports()
        try:
            with left_out(*DRAWING):
                from mediapipe.tasks.metadata import schema_py_generated as schema  # type: ignore[import-untyped]
                from mediapipe.tasks.python.core import (  # type: ignore[import-untyped]
                    base_options,
                    mediapipe_c_bindings,
                )
                from mediapipe.tasks.python.vision import image_segmenter  # type: ignore[import-untyped]
                from mediapipe.tasks.python.vision.core import image  # type: ignore[import-untyped]
        except ImportError as error:
            raise ModelError(
                f"MediaPipe is not installed ({error}): pip install '.[mediapipe]', or choose the matting selfie"
            ) from error
        try:
            mediapipe_c_bindings.load_raw_library()
        except OSError as error:
            raise ModelError(
                f"MediaPipe lacks a system library ({error}): install the Debian packages libegl1 and libgles2"
            ) from error
        self._schema, self._options, self._segmenter, self._image = schema, base_options, image_segmenter, image

    def segmenter(self, model: bytes, name: str) -> Any:
        options = self._segmenter.ImageSegmenterOptions(self._options.BaseOptions(model_asset_buffer=model))
        try:
            return self._segmenter.ImageSegmenter.create_from_options(options)
        except _FAULTS as error:
            raise ModelError(
                f"{name} is no model that MediaPipe's ImageSegmenter takes: {_first_line(error)}"
            ) from error

    def image(self, rgb: NDArray[np.uint8]) -> Any:
        return self._image.Image(self._image.ImageFormat.SRGB, rgb)

    def input_size(self, model: bytes, name: str) -> Size:
        """Of a model that a segmenter was made of, so that what it holds has been checked."""
        graph = self._schema.Model.GetRootAs(model).Subgraphs(0)
        shape = graph.Tensors(graph.Inputs(0)).ShapeAsNumpy()
        if len(shape) != 4 or shape[3] != 3 or min(shape) < 1:
            raise ModelError(f"{name} does not take one RGB picture of a fixed size")
        if max(shape) > LONGEST_SIDE:
            raise ModelError(
                f"{name} takes pictures of {shape[2]}x{shape[1]}: at most {LONGEST_SIDE} a side can be used"
            )
        return Size(int(shape[2]), int(shape[1]))


def close_off_reports() -> None:
    """See to it that nothing this process's MediaPipe has to tell its makers finds a way out, from now on.

    libcurl reads these whenever it has something to send, and prefers them to the capital ones. This program's own
    connections heed no proxy.
    """
    os.environ["https_proxy"] = NOWHERE
    os.environ["no_proxy"] = "nobody.invalid"  # one that is empty counts for none, and `*` would let all pass


def _close(segmenter: Any) -> None:
    """Close a segmenter; at the end of the process it cannot be, and is kept from complaining about that."""
    try:
        segmenter.close()
    except RuntimeError:
        segmenter._handle = None


def _first_line(error: Exception) -> str:
    return str(error).partition("\n")[0].strip()[:200] or type(error).__name__
