"""A file in, a file out."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING

from gateway.codec.formats import OutputFormat, output_format
from gateway.codec.paths import check_paths, written_aside
from gateway.codec.reader import VideoReader
from gateway.codec.writer import VideoWriter
from gateway.file.conversion import Conversion, Converted
from gateway.file.decoding import Carried
from gateway.file.stages import Behind
from gateway.file.summary import FileSummary

if TYPE_CHECKING:
    from gateway.file.settings import FileSettings
    from gateway.shown import ShownEvent


class FileSession:
    """One conversion. It leaves the output whole, or as far as it had come when it was stopped, or nothing."""

    def __init__(self, settings: FileSettings, *, on_event: Callable[[ShownEvent], None] = lambda _: None) -> None:
        """`on_event` is told when something else is shown, and why, and what the matting finds out.

        Raises:
            ArgumentError: the output's name promises what cannot be written, or is the input's.
        """
        check_paths(settings.source, settings.output)
        self._settings = settings
        self._on_event = on_event
        self._format()
        self.summary = FileSummary()

    def run(self, *, is_stopping: Callable[[], bool], on_progress: Callable[[FileSummary], None]) -> FileSummary:
        """Do it; `is_stopping` is asked, and `on_progress` told, after every picture.

        Raises:
            ArgumentError: the input is no video.
            EffectError: the effect cannot work.
            GatewayError: the output cannot be written, or there was no picture.
        """
        settings = self._settings
        with VideoReader(settings.source, threads=settings.threads, frame_rate=settings.frame_rate) as reader:
            output = self._format(like_y4m=reader.is_y4m)
            with (
                self._conversion(reader, output) as conversion,
                written_aside(settings.output) as part,
            ):
                self.summary = conversion.summary
                with VideoWriter(part, output, like=reader) as writer, self._behind(writer) as put:
                    for item in conversion.items(is_stopping):
                        put(item)
                        on_progress(self.summary)
        return self.summary

    def _format(self, *, like_y4m: bool = False) -> OutputFormat:
        settings = self._settings
        return output_format(settings.output, settings.effect.view, settings.coding, like_y4m=like_y4m)

    def _conversion(self, reader: VideoReader, output: OutputFormat) -> Conversion:
        return Conversion(
            self._settings, reader, on_event=self._on_event, is_even=output.is_even, with_alpha=output.with_alpha
        )

    @contextmanager
    def _behind(self, writer: VideoWriter) -> Iterator[Callable[[Converted | Carried], None]]:
        """What takes the items: the writer, behind us where threads may be used."""
        if self._settings.threads == 1:
            yield partial(_write, writer)
            return
        with Behind(partial(_write, writer), name="encoding") as behind:
            yield behind.put


def _write(writer: VideoWriter, item: Converted | Carried) -> None:
    if isinstance(item, Converted):
        writer.write(item.frame, colors=item.source, alpha=item.alpha)
    else:
        writer.copy(item)
