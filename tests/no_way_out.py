"""A process that dies at its first attempt to reach anybody, in which MediaPipe is used: with our wrapper and without.

`python -m tests.no_way_out MODEL` prints how the library fared as it comes, in a process of its own: the number of the
signal that killed it, or 0. Then it uses the same model by our wrapper, leaves a second one open, and ends.
"""

from __future__ import annotations

import ctypes
import os
import platform
import struct
import sys
from pathlib import Path

NETWORK_CALLS = {"x86_64": (42, 46, 307, 44), "aarch64": (203, 211, 269, 206)}
"""The numbers of connect, sendmsg, sendmmsg and sendto (asm/unistd.h)."""

_PR_SET_NO_NEW_PRIVS, _PR_SET_SECCOMP, _SECCOMP_MODE_FILTER = 38, 22, 2
_LOAD_WORD, _JUMP_IF_EQUAL, _RETURN = 0x20, 0x15, 0x06
_KILL_PROCESS, _ALLOW = 0x80000000, 0x7FFF0000
_ADDRESS = 48
"""Where `struct seccomp_data` holds the lower half of a call's fifth argument, on a little-endian machine."""


class _Program(ctypes.Structure):
    """`struct sock_fprog` (linux/filter.h)."""

    _fields_ = (("length", ctypes.c_ushort), ("instructions", ctypes.c_char_p))


def forbid_the_network() -> None:
    """From now on this process, its threads and children are killed (SIGSYS) by the kernel when they call somebody.

    See seccomp(2). To be called before there are other threads. Between the two ends of a pair of sockets data may
    still go, as an event loop wakes itself: by sendto without an address.
    """
    *never, without_address = NETWORK_CALLS[platform.machine()]
    jumps = [(_JUMP_IF_EQUAL, 0, 1, call) for call in never]
    kill_unless_next = [instruction for jump in jumps for instruction in (jump, (_RETURN, 0, 0, _KILL_PROCESS))]
    instructions = [
        (_LOAD_WORD, 0, 0, 0),  # the call's number: the first field of `struct seccomp_data`
        *kill_unless_next,
        (_JUMP_IF_EQUAL, 1, 0, without_address),
        (_RETURN, 0, 0, _ALLOW),
        (_LOAD_WORD, 0, 0, _ADDRESS),
        (_JUMP_IF_EQUAL, 1, 0, 0),
        (_RETURN, 0, 0, _KILL_PROCESS),
        (_LOAD_WORD, 0, 0, _ADDRESS + 4),
        (_JUMP_IF_EQUAL, 1, 0, 0),
        (_RETURN, 0, 0, _KILL_PROCESS),
        (_RETURN, 0, 0, _ALLOW),
    ]
    code = b"".join(struct.pack("=HBBI", *instruction) for instruction in instructions)
    program = _Program(len(instructions), code)
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) or libc.prctl(
        _PR_SET_SECCOMP, _SECCOMP_MODE_FILTER, ctypes.byref(program)
    ):
        raise OSError(ctypes.get_errno(), "prctl")


def as_it_comes(model: bytes) -> int:
    """Make a segmenter as MediaPipe's documentation says, and close it; the signal that killed whoever did, or 0."""
    if child := os.fork():
        return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    from mediapipe.tasks.python import vision  # type: ignore[import-untyped]
    from mediapipe.tasks.python.core.base_options import BaseOptions  # type: ignore[import-untyped]

    options = vision.ImageSegmenterOptions(BaseOptions(model_asset_buffer=model))
    vision.ImageSegmenter.create_from_options(options).close()
    os._exit(0)


def by_our_wrapper(model: bytes) -> None:
    """Use it twice, close one; the other is left to the end of the process."""
    import numpy as np

    from transforms.runtime.tasks import TasksNetwork

    closed, left_open = (TasksNetwork(model, name="drawn.tflite") for _ in range(2))
    rgb = np.zeros((closed.size.height, closed.size.width, 3), np.uint8)
    for network in (closed, left_open):
        network.run(rgb)
    closed.close()
    globals()["left_open"] = left_open


def main() -> None:
    """See the module."""
    model = Path(sys.argv[1]).read_bytes()
    forbid_the_network()
    import mediapipe.tasks.python.vision  # type: ignore[import-untyped]  # noqa: F401  (once for both)

    print("as it comes:", -as_it_comes(model), flush=True)
    print("hushed:", file=sys.stderr, flush=True)
    by_our_wrapper(model)
    print("by our wrapper: closed", flush=True)


if __name__ == "__main__":
    main()
