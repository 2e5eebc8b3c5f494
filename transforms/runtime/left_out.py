"""A library imported without those of its parts that nobody here uses."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence


class _Blank(MetaPathFinder, Loader):
    """Finds modules of certain names, in which there is nothing."""

    def __init__(self, names: Sequence[str]) -> None:
        self.names = names

    def find_spec(self, fullname: str, path: object, target: object = None) -> ModuleSpec | None:
        return ModuleSpec(fullname, self) if fullname in self.names else None

    def create_module(self, spec: ModuleSpec) -> None:
        return None

    def exec_module(self, module: ModuleType) -> None:
        pass


@contextmanager
def left_out(*names: str) -> Iterator[None]:
    """Modules of these full names that are imported within are empty, unless they were imported before.

    Afterwards they are as if nobody had imported them: whoever wants one gets it whole.
    """
    blanks = _Blank(names)
    sys.meta_path.insert(0, blanks)
    try:
        yield
    finally:
        sys.meta_path.remove(blanks)
        for name in names:
            if getattr(sys.modules.get(name), "__loader__", None) is blanks:
                del sys.modules[name]
                package, _, own = name.rpartition(".")
                vars(sys.modules[package]).pop(own, None)
