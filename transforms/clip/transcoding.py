"""A clip transcoded once to what is seen of it, by a process of its own.

A phone's clip is 4K at 60 pictures a second, and all that a call shows of it is 720x1280 at 30: to decode and scale it
anew for each round costs many times what the call itself does. So what shows of it is coded anew, cheaply to decode,
pixel for pixel as it will lie there. A process does that, not a thread: it gives way to the calls without holding the
interpreter's lock while it waits, it can be ended at any moment, and what a damaged clip makes of it is its own affair.
The file it writes has no name; it is gone with the last who holds it.
"""

from __future__ import annotations

import json
import os
import resource
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from subprocess import DEVNULL, Popen
from tempfile import TemporaryFile
from time import process_time
from typing import Any

from av.error import FFmpegError

from transforms.clip.encoding import QUICK, ClipWriter, thinning
from transforms.clip.fitting import Fitter
from transforms.clip.layout import Cut
from transforms.clip.shots import Reel, Shot
from transforms.clip.source import ClipSource
from transforms.effect import Color, EffectError
from transforms.geometry import Placed, Rect
from transforms.picture import Look, Matrix, Size

LONGEST = 300.0
"""Seconds of a clip that are transcoded; a longer one is played over and over as far as that."""
PROCESSOR_SECONDS = 300
"""For all of it; what is done by then is played. A second of 4K at 60 pictures a second takes 1.5."""
LARGEST_FILE = 256 << 20
"""Octets: five minutes of 7 Mb/s."""
MEMORY = 4 << 30
"""Octets of address space: the references of pictures of 16 megapixels, and libraries."""
NICENESS = 10
"""It gives way to the calls, and is done some time even on a machine that they keep at work."""


class Transcoding:
    """One cut of a clip in the making. Used by one thread, closed by its owner."""

    def __init__(self, source: ClipSource, cut: Cut, *, matrix: Matrix, full_range: bool) -> None:
        """Begin; it takes some milliseconds.

        Raises:
            OSError: there is no room for a file, or for a process.
        """
        self.cut = cut
        self._file = TemporaryFile(prefix="changebg-")  # noqa: SIM115  (as long as this object)
        try:
            self._process = _started(_Order(source.descriptor, self._file.fileno(), cut, matrix, full_range))
        except OSError:
            self._file.close()
            raise

    def finished(self) -> Reel | None:
        """What came of it, once; None while it goes on.

        Raises:
            EffectError: nothing.
        """
        status = self._process.poll()
        if status is None:
            return None
        if status:
            raise EffectError(f"the clip cannot be transcoded: its process ended with {status}")
        source = ClipSource(os.dup(self._file.fileno()), name="the transcoded clip")
        try:
            return Reel(source, part=(self.cut.clip, self.cut.window))
        except EffectError:
            source.close()
            raise

    def close(self) -> None:
        """End it, whole or not."""
        self._process.kill()  # has no effect on one that has ended
        self._process.wait()
        self._file.close()


class _Order:
    """What the child is told, as JSON on its command line."""

    def __init__(self, source: int, target: int, cut: Cut, matrix: Matrix, full_range: bool) -> None:
        self.source, self.target, self.cut = source, target, cut
        self.look = Look(cut.size, matrix, full_range)

    def words(self) -> str:
        cut, look = self.cut, self.look
        said = [self.source, self.target, cut.clip, cut.window, cut.size, str(cut.color)]
        return json.dumps([*said, look.matrix.value, look.full_range])

    @classmethod
    def of(cls, words: str) -> _Order:
        source, target, clip, window, size, color, matrix, full_range = json.loads(words)
        cut = Cut(Size(*clip), Rect(*window), Size(*size), Color.parse(color))
        return cls(source, target, cut, Matrix(matrix), full_range)


def _started(order: _Order) -> Popen[bytes]:
    environ = {name: value for name, value in os.environ.items() if not name.startswith("CHANGEBG_")}
    environ |= {"PYTHONPATH": str(Path(__file__).parents[2]), "OPENBLAS_NUM_THREADS": "1"}
    return Popen(
        [sys.executable, "-P", "-m", __name__, order.words()],
        stdin=DEVNULL,
        stdout=DEVNULL,
        stderr=DEVNULL,
        pass_fds=(order.source, order.target),
        env=environ,
        start_new_session=True,
    )


def _transcode(order: _Order) -> None:
    """Write what the order asks for; what time or room do not allow is left out at the end.

    Raises:
        EffectError: there is no picture in the clip. FFmpegError: the file cannot be written.
    """
    reel = Reel(ClipSource(order.source, name="the clip"))
    cut, look, rate = order.cut, order.look, reel.source.described.frame_rate
    seen, every, fitter = Placed(cut.window, Rect(0, 0, *cut.size)), thinning(rate), Fitter()
    with ClipWriter(Path(f"/proc/self/fd/{order.target}"), QUICK, look=look, rate=rate / every) as writer:
        for shot in _affordable(reel.shots(), order.target, every):
            picture = fitter(shot, seen, look, cut.color)
            writer.write(picture, start=shot.start, length=shot.length * every)


def _affordable(shots: Iterator[Shot], target: int, every: int) -> Iterator[Shot]:
    """One shot in `every`, as long as there is time and room."""
    for index, shot in enumerate(shots):
        is_out_of_time = shot.start >= LONGEST or process_time() > 0.95 * PROCESSOR_SECONDS
        if is_out_of_time or os.fstat(target).st_size > 0.95 * LARGEST_FILE:
            return
        if index % every == 0:
            yield shot


def _limit() -> None:
    os.nice(NICENESS)
    limits: tuple[tuple[Any, int], ...] = (
        (resource.RLIMIT_CPU, PROCESSOR_SECONDS),
        (resource.RLIMIT_AS, MEMORY),
        (resource.RLIMIT_FSIZE, LARGEST_FILE),
        (resource.RLIMIT_CORE, 0),
    )
    for what, most in limits:
        with suppress(ValueError):  # a harder limit is set already
            resource.setrlimit(what, (most, most))


def _main(words: str) -> int:
    """The child; its exit status."""
    _limit()
    try:
        _transcode(_Order.of(words))
    except (EffectError, FFmpegError, MemoryError):
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(_main(sys.argv[1]))
