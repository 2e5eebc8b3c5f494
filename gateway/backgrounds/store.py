"""What effects name by id: backgrounds, still and moving, clean plates and masks, uploaded or built in.

An effect that comes over the network names a picture by its id, never by a path: what is not in this store does not
exist for it. On disk each is a folder of three files, moved into place whole, so that a server that was killed
finds what was kept and nothing half; in memory there is an index of them.
"""

from __future__ import annotations

import asyncio
import re
import secrets
import shutil
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from types import TracebackType
from typing import Self

from gateway.backgrounds.apart import take_in_apart
from gateway.backgrounds.asset import PICTURE, THUMBNAIL, Asset, described, read, record
from gateway.backgrounds.drawn import DRAWINGS, SIZE, Drawing
from gateway.backgrounds.formats import kind_of
from gateway.backgrounds.intake import jpeg, thumbnail
from gateway.backgrounds.upload import CONTENT, Upload, on_disk
from gateway.backgrounds.waiting import finished
from gateway.effect import AssetKind
from gateway.errors import Busy, Forbidden, NotFound, StoreFull

QUOTA = 1 << 30
"""Octets of all uploads: some hundred photographs, or some tens of videos."""
MOST_PICTURES = 1000
MOST_UPLOADS = 8
"""At once, while they arrive and wait; pictures are decoded one by one, which takes up to a gigabyte, and so are
videos, beside them: each takes a minute."""

_ID = re.compile(r"[0-9a-f]{32}")
_INCOMING = "incoming-"


class Backgrounds:
    """The pictures and videos of one server; `async with` reads what is there and draws what is built in.

    `folder`: theirs alone, made where it is not there. Keeps: what is in the index
    is whole on disk.
    """

    def __init__(self, folder: Path, *, quota: int = QUOTA) -> None:
        self._folder, self._quota = folder, quota
        self._assets: dict[str, Asset] = {}
        self._turn = asyncio.Lock()
        self._decoding = {"picture": asyncio.Lock(), "video": asyncio.Lock()}
        self._uploads = 0

    async def __aenter__(self) -> Self:
        self._assets = await asyncio.to_thread(self._open)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Waits for what is being written."""
        for lock in (*self._decoding.values(), self._turn):
            async with lock:
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

    @asynccontextmanager
    async def upload(self) -> AsyncIterator[Upload]:
        """A place for one upload, from its first octet until it is kept, or gone.

        Raises:
            Busy: all are taken.
        """
        if self._uploads >= MOST_UPLOADS:
            raise Busy(f"{MOST_UPLOADS} are being uploaded already", retry_after=2.0)
        self._uploads += 1
        upload = Upload(self._folder / f"{_INCOMING}{secrets.token_hex(8)}")
        try:
            yield upload
        finally:
            self._uploads -= 1
            await upload.discard()

    async def add(self, content: bytes, *, kind: AssetKind | None = None, name: str = "") -> Asset:
        """Keep what these octets are. As `keep`.

        Raises:
            Busy: too many arrive at once. And as `keep`.
        """
        async with self.upload() as upload:
            await upload.write(content)
            return await self.keep(upload, kind=kind, name=name)

    async def keep(self, upload: Upload, *, kind: AssetKind | None = None, name: str = "") -> Asset:
        """Keep an upload that is all there, re-encoded; one that is kept already is found again under the same id.

        `kind`: None for a background, which moves if it is a video.

        Raises:
            UnsupportedMedia: nothing of a kind we take. TooLarge: too many bytes or pixels. ArgumentError: it is
            damaged, or too small. StoreFull: there is no room.
        """
        found_kind = kind_of(upload.head, kind)
        await upload.finish()
        async with self._decoding["video" if found_kind == "video" else "picture"]:
            shape = await take_in_apart(upload.path, found_kind, upload.folder)
        asset = await finished(asyncio.to_thread(described, upload.folder, found_kind, name, shape))
        async with self._turn:
            if asset.id not in self._assets:
                self._check_room(asset)
                await finished(asyncio.to_thread(self._keep, asset, upload.folder))
                self._assets[asset.id] = asset
            return self._assets[asset.id]

    async def delete(self, asset_id: str) -> None:
        """Remove it; whether somebody uses it is for the caller to know.

        Raises:
            NotFound: there is none of that id. Forbidden: it is built in.
        """
        async with self._turn:
            if self.get(asset_id).is_built_in:
                raise Forbidden(f"{asset_id!r} comes with the server and stays")
            del self._assets[asset_id]
            await finished(asyncio.to_thread(shutil.rmtree, self._place(asset_id), ignore_errors=True))

    def _check_room(self, asset: Asset) -> None:
        uploads = [kept for kept in self._assets.values() if not kept.is_built_in]
        if len(uploads) >= MOST_PICTURES:
            raise StoreFull(f"there are {MOST_PICTURES} already; delete some")
        if sum(kept.octets for kept in uploads) + asset.octets > self._quota:
            raise StoreFull(f"they fill {self._quota >> 20} MiB already; delete some")

    def _place(self, asset_id: str) -> Path:
        return self._folder / asset_id.replace(":", "-")

    def _open(self) -> dict[str, Asset]:
        """What there is: drawn where it is not yet, and read; what was left half written is removed."""
        self._folder.mkdir(parents=True, exist_ok=True)
        for left in self._folder.glob(f"{_INCOMING}*"):
            shutil.rmtree(left, ignore_errors=True)
        drawn = [self._drawn(drawing) for drawing in DRAWINGS]
        records = [read(place) for place in self._folder.iterdir() if _ID.fullmatch(place.name)]
        return {asset.id: asset for asset in (*drawn, *records) if asset is not None}

    def _drawn(self, drawing: Drawing) -> Asset:
        """A picture that is built in, painted anew where the one on disk is of another version."""
        name = f"{drawing.name}, {drawing.version}"
        known = read(self._place(drawing.id))
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
        with on_disk():
            (incoming / CONTENT).unlink(missing_ok=True)
            record(incoming, asset)
            # What is there is not in the index: it was damaged.
            shutil.rmtree(self._place(asset.id), ignore_errors=True)
            incoming.rename(self._place(asset.id))
