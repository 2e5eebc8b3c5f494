"""Callbacks that do not keep their owner alive.

A call holds megabytes of pictures. Were its parts to refer back to it, only the cycle collector would ever free them,
which counts objects, not octets, and so comes late.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import ParamSpec
from weakref import WeakMethod

P = ParamSpec("P")


def weakly(method: Callable[P, None]) -> Callable[P, None]:
    """Calls a bound method as long as its object lives; then does nothing."""
    held = WeakMethod(method)

    def call(*args: P.args, **kwargs: P.kwargs) -> None:
        alive = held()
        if alive is not None:
            alive(*args, **kwargs)

    return call
