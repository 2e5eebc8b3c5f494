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

NETWORK_CALLS = {"x86_64": (42, 44, 46, 307), "aarch64": (203, 206, 211, 269)}
"""The numbers of connect, sendto, sendmsg and sendmmsg (asm/unistd.h)."""

_PR_SET_NO_NEW_PRIVS, _PR_SET_SECCOMP, _SECCOMP_MODE_FILTER = 38, 22, 2
_LOAD_WORD, _JUMP_IF_EQUAL, _RETURN = 0x20, 0x15, 0x06
_KILL_PROCESS, _ALLOW = 0x80000000, 0x7FFF0000


class _Program(ctypes.Structure):
    """`struct sock_fprog` (linux/filter.h)."""

    _fields_ = (("length", ctypes.c_ushort), ("instructions", ctypes.c_char_p))


def forbid_the_network() -> None:
    """From now on this process, its threads and children are killed (SIGSYS) by the kernel when they call somebody.

    See seccomp(2). To be called before there are other threads.
    """
    calls = NETWORK_CALLS[platform.machine()]
    instructions = [(_LOAD_WORD, 0, 0, 0)]  # the call's number: the first field of `struct seccomp_data`
    for left, call in enumerate(reversed(calls)):
        instructions.insert(1, (_JUMP_IF_EQUAL, left + 1, 0, call))
    instructions += [(_RETURN, 0, 0, _ALLOW), (_RETURN, 0, 0, _KILL_PROCESS)]
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
