"""Effects by name, kept over restarts: what a call looks like before anybody asks for something else.

One JSON file each below the data directory. All are held in memory: there are few, and every call may ask for one.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import logging
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

from gateway.effect import EffectModel
from gateway.errors import ArgumentError, NotFound, PreconditionFailed, StoreFull

logger = logging.getLogger(__name__)

NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,63}")
"""What a profile may be called, and a WHIP name: a word in a URL and a file name everywhere."""

MOST_PROFILES = 1000
"""A few kilobytes each."""

_INCOMING = ".incoming"

IfMatch = Callable[[str | None], bool] | None
"""Whether the profile with this ETag, None where there is none, is the one that the caller means."""


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
        self._turn = asyncio.Lock()

    async def __aenter__(self) -> Self:
        self._profiles = await asyncio.to_thread(self._open)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Waits for what is being written."""
        async with self._turn:
            pass

    def __iter__(self) -> Iterator[Profile]:
        """By name."""
        return iter([self._profiles[name] for name in sorted(self._profiles)])

    def get(self, name: str) -> Profile:
        """The profile of that name.

        Raises:
            NotFound: there is none.
        """
        try:
            return self._profiles[name]
        except KeyError as error:
            raise NotFound(f"there is no profile {name!r}") from error

    async def put(self, name: str, effect: EffectModel, *, if_match: IfMatch = None) -> Profile:
        """Keep `effect` under `name`, in place of what was there; with `if_match` only in place of what is meant.

        Raises:
            ArgumentError: no such name can be. PreconditionFailed: it is another by now. StoreFull: there is no room.
        """
        check_name(name)
        async with self._turn:
            self._check_version(name, if_match)
            if name not in self._profiles and len(self._profiles) >= MOST_PROFILES:
                raise StoreFull(f"there are {MOST_PROFILES} profiles already; delete some")
            profile = _profile(name, effect)
            await asyncio.to_thread(self._write, profile)
            self._profiles[name] = profile
            return profile

    async def delete(self, name: str, *, if_match: IfMatch = None) -> None:
        """Forget it.

        Raises:
            NotFound: there is none. PreconditionFailed: it is another by now.
        """
        async with self._turn:
            self.get(name)
            self._check_version(name, if_match)
            await asyncio.to_thread(self._place(name).unlink, missing_ok=True)
            del self._profiles[name]

    def _check_version(self, name: str, if_match: IfMatch) -> None:
        known = self._profiles.get(name)
        if if_match is not None and not if_match(None if known is None else known.etag):
            raise PreconditionFailed(f"the profile {name!r} is another by now")

    def _place(self, name: str) -> Path:
        return self._folder / f"{name}.json"

    def _open(self) -> dict[str, Profile]:
        self._folder.mkdir(parents=True, exist_ok=True)
        for left in self._folder.glob(f"*{_INCOMING}"):
            left.unlink(missing_ok=True)
        read = [_read(place) for place in self._folder.glob("*.json") if NAME.fullmatch(place.stem)]
        return {profile.name: profile for profile in read if profile is not None}

    def _write(self, profile: Profile) -> None:
        """Raises StoreFull where the disk does not take it; what was there then stays."""
        incoming = self._place(profile.name).with_suffix(_INCOMING)
        try:
            incoming.write_text(_text(profile.effect))
            incoming.replace(self._place(profile.name))
        except OSError as error:
            logger.warning("a profile could not be kept: %s", error)
            raise StoreFull("the disk does not take another profile") from error


def check_name(name: str) -> str:
    """A name that a profile, or a WHIP session, can have.

    Raises:
        ArgumentError: it is none.
    """
    if NAME.fullmatch(name) is None:
        raise ArgumentError(f"the name {name[:80]!r}: expected 1 to 64 of a-z, 0-9 and -, not - at first")
    return name


def _read(place: Path) -> Profile | None:
    try:
        return _profile(place.stem, EffectModel.model_validate_json(place.read_text()))
    except (OSError, ValueError) as error:
        logger.warning("the profile %s is left out: %s", place.stem, str(error).splitlines()[0])
        return None


def _profile(name: str, effect: EffectModel) -> Profile:
    return Profile(name, effect, f'"{hashlib.sha256(_text(effect).encode()).hexdigest()[:16]}"')


def _text(effect: EffectModel) -> str:
    return json.dumps(effect.document(), indent=1, sort_keys=True)
