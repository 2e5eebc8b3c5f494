"""A file's pictures, each replaced by what is shown of it, for whoever writes or sends them."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

import av

from gateway.codec.inputs import PIPE
from gateway.errors import GatewayError
from gateway.file.decoding import Carried, Decoded, Decoding
from gateway.file.stages import DEPTH, Ahead
from gateway.file.summary import FileSummary
from gateway.shown import ShownEvent, ShownWatch
from transforms import catalog
from transforms.effect import NoMatting

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from gateway.codec.reader import VideoReader
    from gateway.file.settings import ConversionSettings
    from transforms.pipeline import Pipeline


@dataclass(frozen=True, slots=True)
class Converted:
    """`frame`, at its time, in place of `source`, which says what its colours mean.

    `alpha`: uint8 (H, W), where it was asked for: how much of each sample is person.
    """

    frame: av.VideoFrame
    source: av.VideoFrame
    alpha: NDArray[np.uint8] | None = None


class Conversion:
    """What is made of the pictures of one reader, once. As a context manager it makes the pipeline, and closes it.

    `on_event` is told, from the thread that asks for items, when something else is shown, and why, and what the matting
    finds out. `size`: of the file's pictures, known once entered. `is_even`: see `Decoding`. `with_alpha`: the alpha is
    wanted beside each picture.
    """

    def __init__(
        self,
        settings: ConversionSettings,
        reader: VideoReader,
        *,
        on_event: Callable[[ShownEvent], None],
        is_even: bool = False,
        with_alpha: bool = False,
    ) -> None:
        self._settings = settings
        self._reader = reader
        self._on_event = on_event
        self._is_even, self._with_alpha = is_even, with_alpha
        self._watch = ShownWatch("passthrough" if isinstance(settings.effect.matting, NoMatting) else "composite")
        self.summary = FileSummary(total=reader.total)
        self._pipeline: Pipeline

    def __enter__(self) -> Self:
        """Make the pipeline.

        Raises:
            ArgumentError: the crop reaches beyond the pictures.
            EffectError: the effect cannot work.
            GatewayError: there is no picture.
        """
        size = self._reader.size
        if size is None:
            raise GatewayError(f"INPUT {str(self._settings.source)!r}: not one picture could be decoded")
        self.size = size
        self._settings.geometry.check(size)
        self._pipeline = catalog.pipeline(self._settings.effect, live=False)
        self._pipeline.keeps_alpha = self._with_alpha
        self._pipeline.pool.capacity += 2 * DEPTH  # those that wait for the encoder, and those it holds
        return self

    def __exit__(self, *_: object) -> None:
        self._pipeline.close()

    def items(self, is_stopping: Callable[[], bool]) -> Generator[Converted | Carried, None, None]:
        """Every picture, and what is carried over beside them, until `is_stopping`, which is asked before each."""
        decoding = Decoding(self._reader, self._settings, is_even=self._is_even)
        with self._ahead(decoding.items(), is_stopping) as items:
            for item in items:
                if isinstance(item, av.Packet):
                    yield item
                    continue
                if is_stopping():
                    break
                converted = self._converted(item)
                self._count()
                if converted is not None:
                    yield converted

    @contextmanager
    def _ahead(
        self, items: Generator[Decoded | Carried, None, None], is_stopping: Callable[[], bool]
    ) -> Iterator[Iterable[Decoded | Carried]]:
        """The items, decoded ahead of us where threads may be used; a pipe that falls silent must not hold us up."""
        if self._settings.threads == 1 and self._settings.source != PIPE:
            with closing(items):
                yield items
            return
        interrupt = self._reader.interrupt
        with Ahead(items, name="decoding", is_stopping=is_stopping, interrupt=interrupt) as ahead:
            yield ahead

    def _converted(self, item: Decoded) -> Converted | None:
        self.summary.frames_in += 1
        if item.picture is None:
            self.summary.dropped += 1
            return None
        rendered = self._pipeline(item.picture, item.time)
        for event in self._watch.look(rendered, item.time):
            self._on_event(event)
        frame = rendered.picture.frame
        if frame is None:
            raise TypeError("the pipeline's pictures lie in frames")
        frame.pts, frame.time_base, frame.duration = item.frame.pts, item.frame.time_base, item.frame.duration
        self.summary.frames_out += 1
        return Converted(frame, item.frame, rendered.alpha)

    def _count(self) -> None:
        """Bring the summary up to the picture just done."""
        summary, watch = self.summary, self._watch
        summary.damaged = self._reader.damaged
        summary.held, summary.covered = watch.held, watch.covered
        summary.confidence, summary.quality = watch.confidence, watch.quality
