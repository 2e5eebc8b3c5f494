"""A picture or a video that is kept, and its folder on disk."""

from __future__ import annotations

import hashlib
import json
import logging
import time
from dataclasses import asdict, dataclass
from pathlib import Path

from gateway.effect import AssetKind

logger = logging.getLogger(__name__)

PICTURE, THUMBNAIL, RECORD = "picture", "thumbnail.jpg", "asset.json"
"""The names of the files in it."""

BLOCK = 1 << 20
"""Octets that are read at once."""


@dataclass(frozen=True, slots=True)
class Asset:
    """What is known of one. `octets`: of its file; `created`: unix seconds, 0 for what is built in.

    `media_type`: of its file; `seconds`: how long a video lasts, None of a picture.
    """

    id: str
    kind: AssetKind
    name: str
    width: int
    height: int
    octets: int
    created: float
    media_type: str = ""
    seconds: float | None = None

    def __post_init__(self) -> None:
        if not self.media_type:  # a record of earlier versions has none
            object.__setattr__(self, "media_type", "image/jpeg" if self.kind == "background" else "image/png")

    @property
    def is_built_in(self) -> bool:
        """Drawn by us; not to be deleted."""
        return self.id.startswith("builtin:")


@dataclass(frozen=True, slots=True)
class Shape:
    """What was found out of an upload as it was written anew. `seconds`: of a video."""

    width: int
    height: int
    seconds: float | None = None


def described(folder: Path, kind: AssetKind, name: str, shape: Shape) -> Asset:
    """What lies in a folder; its id is a digest of kind and content."""
    digest = hashlib.sha256(kind.encode() + b"\0")
    with (folder / PICTURE).open("rb") as file:
        head = block = file.read(BLOCK)
        while block:
            digest.update(block)
            block = file.read(BLOCK)
        octets = file.tell()
    return Asset(
        id=digest.hexdigest()[:32],
        kind=kind,
        name=name,
        width=shape.width,
        height=shape.height,
        octets=octets,
        created=time.time(),
        media_type=_media_type(head, kind),
        seconds=shape.seconds,
    )


def record(folder: Path, asset: Asset) -> None:
    """Write down what is known of it."""
    (folder / RECORD).write_text(json.dumps(asdict(asset)))


def read(place: Path) -> Asset | None:
    """What lies in a folder; None where nothing whole does."""
    try:
        asset = Asset(**json.loads((place / RECORD).read_text()))
        octets = (place / PICTURE).stat().st_size
    except FileNotFoundError:
        return None
    except (OSError, ValueError, TypeError) as error:
        logger.warning("a kept picture is left out: %s", error)
        return None
    return asset if octets == asset.octets and (place / THUMBNAIL).is_file() else None


def _media_type(head: bytes, kind: AssetKind) -> str:
    """Of a file of ours."""
    if kind == "video":
        return "video/mp4"
    return "image/png" if head.startswith(b"\x89PNG") else "image/jpeg"
