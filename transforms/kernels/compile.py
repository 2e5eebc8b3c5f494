"""One decorator for every kernel: compiled when its module is imported, once, for every layout of its buffers."""

from __future__ import annotations

import logging
from collections.abc import Callable
from functools import cache, partial
from typing import Any, TypeVar, cast

import numba
import numpy as np
from numba.core.typing.templates import Signature
from numpy.typing import NDArray

Loop = TypeVar("Loop", bound=Callable[..., Any])

logger = logging.getLogger(__name__)

_jit: Any = numba.njit
_OPTIONS = {"nogil": True, "fastmath": True, "error_model": "numpy", "_nrt": False}
"""`_nrt`, which numba's types do not name: without it every array handed to an inlined part is counted, atomically, in
and out. That was 50 ns of a row's 170."""

READ = numba.types.Array(numba.uint8, 1, "C", readonly=True)
"""Samples a kernel reads: flat and contiguous. Read-only, so that a writable buffer needs no second compile."""

WRITE = numba.types.Array(numba.uint8, 1, "C")
"""Samples a kernel writes: flat and contiguous."""

Samples = NDArray[np.uint8]
Levels = NDArray[np.float32]
Index = Any
"""An unsigned index or count, as `at` makes them."""


def kernel(signature: Signature) -> Callable[[Loop], Loop]:
    """Compile a loop over flat buffers and strides for exactly this signature, without the interpreter lock.

    Floating-point sums may be reordered. The machine code is cached on disk; where no cache can be written it is
    compiled anew in each process, and one warning says so. A kernel allocates nothing: scratch comes in.
    """

    def compiled(loop: Loop) -> Loop:
        compile_with = partial(_jit, signature, **_OPTIONS)
        try:
            return cast(Loop, compile_with(cache=True)(loop))
        except (RuntimeError, OSError):  # how numba says that it found nowhere to write
            _warn_uncached()
            return cast(Loop, compile_with()(loop))

    return compiled


def inlined(loop: Loop) -> Loop:
    """A part of a kernel, copied into it where it is called. It lives in its kernel's file.

    For numba caches a kernel by its own file's time: one whose parts changed elsewhere would be found, stale. (`at`,
    below, is the one exception: after changing it, remove the `__pycache__` beside this file.)
    """
    return cast(Loop, _jit(forceinline=True, **_OPTIONS)(loop))


@inlined
def at(stride: int, row: int, start: int) -> Index:
    """Where a sample lies in a flat buffer, unsigned.

    A signed index brings the test for negative ones into a loop, which is then no longer vectorised: 0.2 ms becomes
    2.4 ms. So does a literal beside an unsigned index, which makes a float of it: loops count in unsigned constants.
    """
    return np.uint64(row * stride + start)


@cache
def _warn_uncached() -> None:
    """Say it once per process."""
    logger.warning("no writable cache for kernels: they are compiled at each start (NUMBA_CACHE_DIR names a place)")
