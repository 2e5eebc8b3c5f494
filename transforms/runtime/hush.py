"""What native libraries print to the process's standard error, kept back.

They write to file descriptor 2 past Python. It is led into a file in memory meanwhile, and put back whatever happens;
what others wrote there in the meantime, which is not a native logger's line, is then printed after all.
"""

from __future__ import annotations

import os
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager

STANDARD_ERROR = 2

_CHATTER = re.compile(rb"(INFO|WARNING|ERROR): |[IWE]\d{4} [\d:.]+ ")
"""How TensorFlow Lite's lines begin, and Abseil's (absl/log/internal/log_format.cc)."""

_alone = threading.Lock()
"""One descriptor for the whole process: two who led it aside at once would put back each other's."""


@contextmanager
def native_stderr_hushed() -> Iterator[None]:
    """Nothing that a native library says within reaches the terminal."""
    with _alone:
        try:
            kept = os.dup(STANDARD_ERROR)
        except OSError:  # closed, as of a daemon: there is nobody to be spared
            yield
            return
        aside = os.memfd_create("stderr")
        os.dup2(aside, STANDARD_ERROR)
        try:
            yield
        finally:
            os.dup2(kept, STANDARD_ERROR)
            os.close(kept)
            _print_the_rest(aside)


def _print_the_rest(aside: int) -> None:
    with os.fdopen(aside, "rb") as file:
        file.seek(0)
        others = b"".join(line for line in file if not _CHATTER.match(line))
    if others:
        os.write(STANDARD_ERROR, others)
