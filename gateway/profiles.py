"""Effects by name, kept over restarts: what a call looks like before anybody asks for something else.

One JSON file each below the data directory. All are held in memory: there are few, and every call may ask for one.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

from gateway.effect import EffectModel

NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,63}")
"""What a profile may be called, and a WHIP name: a word in a URL and a file name everywhere."""

MOST_PROFILES = 1000
"""A few kilobytes each."""


@dataclass(frozen=True, slots=True)
class Profile:
    """An effect by name. `etag`: of its content, as HTTP writes it, quotes included (RFC 9110 §8.8.3)."""

    name: str
    effect: EffectModel
    etag: str


class Profiles:
    """The profiles of one server; `async with` reads them.

    `folder`: theirs alone, made where it is not there.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._profiles: dict[str, Profile] = {}

    async def __aenter__(self) -> Self:
        raise NotImplementedError

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        pass

    def __iter__(self) -> Iterator[Profile]:
        """By name."""
        return iter([self._profiles[name] for name in sorted(self._profiles)])

    def get(self, name: str) -> Profile:
        """The profile of that name.

        Raises:
            NotFound: there is none.
        """
        raise NotImplementedError

    async def put(self, name: str, effect: EffectModel) -> Profile:
        """Keep `effect` under `name`, in place of what was there.

        Raises:
            ArgumentError: no such name can be. Busy: there are too many.
        """
        raise NotImplementedError

    async def delete(self, name: str) -> None:
        """Forget it.

        Raises:
            NotFound: there is none.
        """
        raise NotImplementedError
