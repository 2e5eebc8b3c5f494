"""Whether a file is a video or an image, before anything that decodes it is loaded."""

from __future__ import annotations

from pathlib import Path

HEAD = 64
"""Octets that tell."""

VIDEO_SUFFIXES = frozenset(
    {
        *(".mp4", ".m4v", ".mov", ".mkv", ".webm", ".avi", ".ts", ".m2ts", ".mts", ".mpg", ".mpeg", ".ogv", ".flv"),
        *(".wmv", ".3gp", ".y4m", ".h264", ".264", ".h265", ".265", ".ivf", ".vob", ".gif"),
    }
)
"""What a video is called where its first bytes do not tell; a GIF may move, and does where it can."""

IMAGE_BRANDS = (b"avif", b"avis", b"heic", b"heix", b"mif1", b"msf1")
"""Brands of ISO/IEC 14496-12 files that hold a picture, as a video's container does."""


def is_video(path: Path) -> bool:
    """Whether a file is for a video's reader: by its first bytes where they tell, else by its name."""
    told = looks_like_video(_head(path))
    return path.suffix.lower() in VIDEO_SUFFIXES if told is None else told


def looks_like_video(head: bytes) -> bool | None:
    """Whether it begins as a video: MP4, MOV, WebM, Matroska or AVI; None where it is neither that nor an image."""
    if head.startswith((b"\xff\xd8\xff", b"\x89PNG")) or head[8:12] == b"WEBP":
        return False
    if head[4:8] == b"ftyp":
        return head[8:12] not in IMAGE_BRANDS
    if head.startswith(b"\x1a\x45\xdf\xa3") or (head[:4] == b"RIFF" and head[8:12] == b"AVI "):
        return True
    return None


def _head(path: Path) -> bytes:
    """A file's first bytes; none where it cannot be read: whoever opens it says why."""
    try:
        if not path.is_file():  # a pipe would have us wait
            return b""
        with path.open("rb") as file:
            return file.read(HEAD)
    except (OSError, ValueError):
        return b""
