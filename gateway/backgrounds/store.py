"""The pictures that effects name: backgrounds, clean plates and masks, uploaded or built in.

An effect that comes over the network names a picture by its id, never by a path: what is not in this store does not
exist for it. On disk each picture is a folder of three files, moved into place whole, so that a server that was killed
finds what was kept and nothing half; in memory there is an index of them.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import logging
import re
import secrets
import shutil
import time
from collections.abc import Coroutine, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TypeVar

from gateway.backgrounds.apart import PICTURE, THUMBNAIL, take_in_apart
from gateway.backgrounds.drawn import DRAWINGS, SIZE, Drawing
from gateway.backgrounds.intake import MOST_OCTETS, format_of, jpeg, thumbnail
from gateway.effect import AssetKind
from gateway.errors import Busy, Forbidden, NotFound, StoreFull, TooLarge

logger = logging.getLogger(__name__)

T = TypeVar("T")

QUOTA = 1 << 30
"""Octets of all uploads: some hundred photographs."""
MOST_PICTURES = 1000
MOST_UPLOADS = 8
"""At once, of 16 MiB each while they arrive and wait; they are decoded one by one, which takes up to a gigabyte."""

_ID = re.compile(r"[0-9a-f]{32}")
_UPLOAD, _RECORD = "upload", "asset.json"
_INCOMING = "incoming-"


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

    @property
    def media_type(self) -> str:
        """Of its file."""
        return "image/jpeg" if self.kind == "background" else "image/png"


class Backgrounds:
    """The pictures of one server; `async with` reads what is there and draws what is built in.

    `folder`: theirs alone, made where it is not there. Keeps: what is in the index
    is whole on disk.
    """

    def __init__(self, folder: Path, *, quota: int = QUOTA) -> None:
        self._folder, self._quota = folder, quota
        self._assets: dict[str, Asset] = {}
        self._turn = asyncio.Lock()
        self._uploads = 0

    async def __aenter__(self) -> Self:
        self._assets = await asyncio.to_thread(self._open)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Waits for what is being written."""
        async with self._turn:
            pass

    def __iter__(self) -> Iterator[Asset]:
        """Those built in first, then the newest first."""
        built_in = [asset for asset in self._assets.values() if asset.is_built_in]
        uploads = [asset for asset in self._assets.values() if not asset.is_built_in]
        return iter([*built_in, *sorted(uploads, key=lambda asset: -asset.created)])

    def get(self, asset_id: str) -> Asset:
        """What is known of it.

        Raises:
            NotFound: there is none of that id.
        """
        try:
            return self._assets[asset_id]
        except KeyError as error:
            raise NotFound(f"there is no background, plate or mask {asset_id!r}") from error

    def path(self, asset_id: str, kind: AssetKind) -> Path:
        """Its file, for `transforms.effect`.

        Raises:
            NotFound: there is none of that id and kind.
        """
        asset = self.get(asset_id)
        if asset.kind != kind:
            raise NotFound(f"{asset_id!r} is a {asset.kind}, no {kind}")
        return self._place(asset_id) / PICTURE

    def thumbnail(self, asset_id: str) -> Path:
        """A JPEG of at most 320x180.

        Raises:
            NotFound: there is none of that id.
        """
        return self._place(self.get(asset_id).id) / THUMBNAIL

    @contextmanager
    def upload(self) -> Iterator[None]:
        """A place for one upload, from its first octet until it is kept.

        Raises:
            Busy: all are taken.
        """
        if self._uploads >= MOST_UPLOADS:
            raise Busy(f"{MOST_UPLOADS} pictures are being uploaded already", retry_after=2.0)
        self._uploads += 1
        try:
            yield
        finally:
            self._uploads -= 1

    async def add(self, content: bytes, *, kind: AssetKind = "background", name: str = "") -> Asset:
        """Keep an uploaded picture, re-encoded; one that is there already is found again under the same id.

        Raises:
            UnsupportedMedia: no picture of a kind we take. TooLarge: too many bytes or pixels. ArgumentError: it is
            damaged, or too small. StoreFull: there is no room.
        """
        if len(content) > MOST_OCTETS:
            raise TooLarge(f"the picture has more than {MOST_OCTETS >> 20} MiB")
        format_of(content)
        async with self._turn:
            incoming = self._folder / f"{_INCOMING}{secrets.token_hex(8)}"
            try:
                await _finished(asyncio.to_thread(_receive, content, incoming))
                size = await take_in_apart(incoming / _UPLOAD, kind, incoming)
                asset = await _finished(asyncio.to_thread(_described, incoming, kind, name, size))
                if asset.id not in self._assets:
                    self._check_room(asset)
                    await _finished(asyncio.to_thread(self._keep, asset, incoming))
                    self._assets[asset.id] = asset
                return self._assets[asset.id]
            finally:
                await _finished(asyncio.to_thread(shutil.rmtree, incoming, ignore_errors=True))

    async def delete(self, asset_id: str) -> None:
        """Remove it; whether somebody uses it is for the caller to know.

        Raises:
            NotFound: there is none of that id. Forbidden: it is built in.
        """
        async with self._turn:
            if self.get(asset_id).is_built_in:
                raise Forbidden(f"{asset_id!r} comes with the server and stays")
            del self._assets[asset_id]
            await _finished(asyncio.to_thread(shutil.rmtree, self._place(asset_id), ignore_errors=True))

    def _check_room(self, asset: Asset) -> None:
        uploads = [kept for kept in self._assets.values() if not kept.is_built_in]
        if len(uploads) >= MOST_PICTURES:
            raise StoreFull(f"there are {MOST_PICTURES} pictures already; delete some")
        if sum(kept.octets for kept in uploads) + asset.octets > self._quota:
            raise StoreFull(f"the pictures fill {self._quota >> 20} MiB already; delete some")

    def _place(self, asset_id: str) -> Path:
        return self._folder / asset_id.replace(":", "-")

    def _open(self) -> dict[str, Asset]:
        """What there is: drawn where it is not yet, and read; what was left half written is removed."""
        self._folder.mkdir(parents=True, exist_ok=True)
        for left in self._folder.glob(f"{_INCOMING}*"):
            shutil.rmtree(left, ignore_errors=True)
        drawn = [self._drawn(drawing) for drawing in DRAWINGS]
        records = [_read(place) for place in self._folder.iterdir() if _ID.fullmatch(place.name)]
        return {asset.id: asset for asset in (*drawn, *records) if asset is not None}

    def _drawn(self, drawing: Drawing) -> Asset:
        """A picture that is built in, painted anew where the one on disk is of another version."""
        name = f"{drawing.name}, {drawing.version}"
        known = _read(self._place(drawing.id))
        if known is not None and known.name == name:
            return replace(known, name=drawing.name)
        image = drawing.image()
        incoming = self._folder / f"{_INCOMING}{drawing.word}"
        incoming.mkdir()
        octets = (incoming / PICTURE).write_bytes(jpeg(image, quality=92))
        (incoming / THUMBNAIL).write_bytes(thumbnail(image))
        asset = Asset(drawing.id, "background", drawing.name, *SIZE, octets, 0.0)
        self._keep(replace(asset, name=name), incoming)
        return asset

    def _keep(self, asset: Asset, incoming: Path) -> None:
        """Put a folder with the two pictures in its place, whole.

        Raises:
            StoreFull: the disk does not take it.
        """
        with _on_disk():
            (incoming / _UPLOAD).unlink(missing_ok=True)
            (incoming / _RECORD).write_text(json.dumps(asdict(asset)))
            shutil.rmtree(
                self._place(asset.id), ignore_errors=True
            )  # what is there is not in the index: it was damaged
            incoming.rename(self._place(asset.id))


def _receive(content: bytes, incoming: Path) -> None:
    """Put an upload into a folder of its own, made for it.

    Raises:
        StoreFull: the disk does not take it.
    """
    with _on_disk():
        incoming.mkdir()
        (incoming / _UPLOAD).write_bytes(content)


@contextmanager
def _on_disk() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        logger.warning("a picture could not be kept: %s", error)
        raise StoreFull("the disk does not take another picture") from error


def _described(incoming: Path, kind: AssetKind, name: str, size: tuple[int, int]) -> Asset:
    """The picture that lies in a folder; its id is a digest of kind and content."""
    picture = (incoming / PICTURE).read_bytes()
    digest = hashlib.sha256(kind.encode() + b"\0" + picture).hexdigest()[:32]
    return Asset(digest, kind, name, *size, len(picture), time.time())


def _read(place: Path) -> Asset | None:
    """The picture in a folder; None where there is no whole one."""
    try:
        asset = Asset(**json.loads((place / _RECORD).read_text()))
        octets = (place / PICTURE).stat().st_size
    except FileNotFoundError:
        return None
    except (OSError, ValueError, TypeError) as error:
        logger.warning("a kept picture is left out: %s", error)
        return None
    return asset if octets == asset.octets and (place / THUMBNAIL).is_file() else None


async def _finished(work: Coroutine[Any, Any, T]) -> T:
    """What `work` comes to, awaited to its end even when whoever waits is cancelled: a thread cannot be."""
    task = asyncio.ensure_future(work)
    try:
        return await asyncio.shield(task)
    except asyncio.CancelledError:
        await asyncio.wait([task])
        raise
