"""Standard input and output as files for libav, which a stop gets out of: a far end that stalls holds nobody up.

libav's own `pipe:` blocks in read(2) and write(2) until the far end moves, whatever happens here meanwhile.
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import os
import select
import stat

PIPE_BYTES = 1 << 20
"""Asked of the kernel for a pipe, which usually holds 64 KiB: a picture of 720 lines is 1.4 MB."""

PIPE_BUFFER = 1 << 18
"""Octets that libav reads or writes at a time, at most."""


class Pipe:
    """One direction of a file descriptor. It is duplicated: closing the pipe leaves the process's own open.

    A regular file, as a shell's `<` gives, can be sought in, which formats with their index at the end need.
    """

    def __init__(self, descriptor: int, name: str) -> None:
        self.name = name
        self.closed = False
        self._descriptor = os.dup(descriptor)
        self._woken, self._wake = os.pipe()
        is_pipe = stat.S_ISFIFO(os.fstat(descriptor).st_mode)
        if is_pipe and hasattr(fcntl, "F_SETPIPE_SZ"):
            with contextlib.suppress(OSError):
                fcntl.fcntl(descriptor, fcntl.F_SETPIPE_SZ, PIPE_BYTES)

    def interrupt(self) -> None:
        """Let whoever waits go on: reading ends as at the end of the file, writing fails. From any thread."""
        if not self.closed:
            os.write(self._wake, b".")

    def read(self, size: int) -> bytes:
        """At most `size` octets, none at the end."""
        return os.read(self._descriptor, size) if self._is_ready(select.POLLIN) else b""

    def write(self, octets: bytes) -> int:
        """All of them; their number, or less than 0 the number of the error as libav has it.

        Nothing is raised: PyAV would print what is raised a second time, while libav clears up.
        """
        rest = memoryview(octets)
        try:
            while rest:
                if not self._is_ready(select.POLLOUT):
                    return -errno.ECANCELED
                rest = rest[os.write(self._descriptor, rest[:_ATOMIC]) :]
        except OSError as error:
            return -(error.errno or errno.EIO)
        return len(octets)

    def seekable(self) -> bool:
        """Whether it is a file rather than a pipe."""
        return stat.S_ISREG(os.fstat(self._descriptor).st_mode)

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        """As a file's."""
        return os.lseek(self._descriptor, offset, whence)

    def tell(self) -> int:
        """As a file's."""
        return os.lseek(self._descriptor, 0, os.SEEK_CUR)

    def close(self) -> None:
        """Let go of it."""
        if not self.closed:
            self.closed = True
            for descriptor in (self._descriptor, self._woken, self._wake):
                os.close(descriptor)

    def _is_ready(self, event: int) -> bool:
        """Wait for the far end; False if `interrupt` came first."""
        waiting = select.poll()
        waiting.register(self._descriptor, event)
        waiting.register(self._woken, select.POLLIN)
        return all(descriptor != self._woken for descriptor, _ in waiting.poll())


_ATOMIC = select.PIPE_BUF
"""Octets that a pipe ready for writing takes without blocking (POSIX)."""
