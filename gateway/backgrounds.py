"""The pictures that effects name: backgrounds, clean plates and masks, uploaded or built in.

An effect that comes over the network names a picture by its id, never by a path: what is not in this store does not
exist for it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Literal, Self

AssetKind = Literal["background", "plate", "mask"]


@dataclass(frozen=True, slots=True)
class Asset:
    """A picture in the store. `octets`: of its file; `created`: unix seconds, 0 for what is built in."""

    id: str
    kind: AssetKind
    name: str
    width: int
    height: int
    octets: int
    created: float

    @property
    def is_built_in(self) -> bool:
        """Drawn by us; not to be deleted."""
        return self.id.startswith("builtin:")


class Backgrounds:
    """The pictures of one server; `async with` reads what is there and draws what is built in.

    Satisfies `gateway.effect.Assets`. `folder`: theirs alone, made where it is not there.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._assets: dict[str, Asset] = {}

    async def __aenter__(self) -> Self:
        raise NotImplementedError

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        pass

    def __iter__(self) -> Iterator[Asset]:
        """Those built in first, then the newest first."""
        return iter(self._assets.values())

    def get(self, asset_id: str) -> Asset:
        """What is known of it.

        Raises:
            NotFound: there is none of that id.
        """
        raise NotImplementedError

    def path(self, asset_id: str, kind: AssetKind) -> Path:
        """Its file, for `transforms.effect`.

        Raises:
            NotFound: there is none of that id and kind.
        """
        raise NotImplementedError

    async def add(self, content: bytes, *, kind: AssetKind = "background", name: str = "") -> Asset:
        """Keep an uploaded picture, re-encoded; one that is there already is found again under the same id.

        Raises:
            UnsupportedMedia: no picture of a kind we take. TooLarge: too many bytes or pixels. ArgumentError: it is
            damaged, or too small. Busy: the store is full, or too many are being read.
        """
        raise NotImplementedError

    async def delete(self, asset_id: str) -> None:
        """Remove it; whether somebody uses it is for the caller to know.

        Raises:
            NotFound: there is none of that id. Forbidden: it is built in.
        """
        raise NotImplementedError

    async def thumbnail(self, asset_id: str) -> Path:
        """A JPEG of at most 320x180.

        Raises:
            NotFound: there is none of that id.
        """
        raise NotImplementedError
