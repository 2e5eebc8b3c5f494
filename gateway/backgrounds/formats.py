"""What an upload is, by its first bytes: what it says of itself counts for nothing."""

from __future__ import annotations

from gateway.effect import AssetKind
from gateway.errors import UnsupportedMedia
from gateway.options.background_files import looks_like_video

MEDIA_TYPES = {
    "JPEG": "image/jpeg",
    "PNG": "image/png",
    "WEBP": "image/webp",
    "AVIF": "image/avif",
    "GIF": "image/gif",
}
"""Pillow's word for each format of pictures that is taken, and IANA's."""

VIDEO_TYPES = ("video/mp4", "video/webm", "video/quicktime", "video/x-matroska", "video/x-msvideo", "image/gif")
"""What videos that are taken may be called; browsers do not agree on all of them."""


def format_of(content: bytes) -> str:
    """Which of `MEDIA_TYPES` a picture is.

    Raises:
        UnsupportedMedia: none of them.
    """
    if content.startswith(b"\xff\xd8\xff"):
        return "JPEG"
    if content.startswith(b"\x89PNG\r\n\x1a\n"):
        return "PNG"
    if content[:4] == b"RIFF" and content[8:12] == b"WEBP":
        return "WEBP"
    if content[4:8] == b"ftyp" and content[8:12] in (b"avif", b"avis"):
        return "AVIF"
    if content[:6] in (b"GIF87a", b"GIF89a"):
        return "GIF"
    raise UnsupportedMedia("the picture is not JPEG, PNG, WebP, AVIF or GIF")


def is_video(content: bytes) -> bool:
    """Whether it is a video of a container that is taken: MP4, MOV, WebM, Matroska or AVI."""
    return looks_like_video(content) is True


def kind_of(content: bytes, asked: AssetKind | None) -> AssetKind:
    """What the upload is for: what was asked, where it can be that; else a background, still or moving.

    Raises:
        UnsupportedMedia: it is of no kind that is taken, or of another than was asked.
    """
    if asked == "video":
        if is_video(content) or content[:6] in (b"GIF87a", b"GIF89a"):
            return "video"
        raise UnsupportedMedia("the video is not MP4, MOV, WebM, Matroska, AVI or GIF")
    if is_video(content):
        if asked is not None:
            raise UnsupportedMedia(f"a {asked} is a still picture, and this is a video")
        return "video"
    format_of(content)
    return asked or "background"


def check_declared(declared: str, content: bytes) -> None:
    """Refuse what is not what it says it is.

    Raises:
        UnsupportedMedia: it is another, or of none that is taken.
    """
    if is_video(content):
        if declared in (*VIDEO_TYPES, "application/octet-stream") or declared.startswith("video/"):
            return
        raise UnsupportedMedia(f"the body's Content-Type is {declared[:80]!r}, but it is a video")
    actual = MEDIA_TYPES[format_of(content)]
    if declared not in (actual, "application/octet-stream") and (declared, actual) != ("image/jpg", "image/jpeg"):
        raise UnsupportedMedia(f"the body's Content-Type is {declared[:80]!r}, but it is {actual}")
