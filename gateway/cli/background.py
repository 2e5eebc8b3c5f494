"""What a command line says about what stands behind the person, as a background of `transforms.effect`."""

from __future__ import annotations

from pathlib import Path

from gateway.cli.matting import parse_color
from gateway.errors import ArgumentError
from gateway.options import picture_values
from gateway.options.configuration import not_built, shortened
from gateway.options.settings import Settings
from gateway.options.values import at_home
from transforms.effect import (
    BLACK,
    Background,
    BlurBackground,
    ColorBackground,
    ImageBackground,
    Placement,
    VideoBackground,
)

VIDEO_SUFFIXES = frozenset(
    {
        *(".mp4", ".m4v", ".mov", ".mkv", ".webm", ".avi", ".ts", ".m2ts", ".mts", ".mpg", ".mpeg", ".ogv", ".flv"),
        *(".wmv", ".3gp", ".y4m", ".h264", ".264", ".h265", ".265", ".ivf", ".vob", ".gif"),
    }
)
"""What a video is called where its first bytes do not tell; a GIF may move, and does where it can."""

PLACED = ("fit", "focus", "offset", "scale", "background_color")
"""The options that say where an image or a video lies."""


def backdrop(typed: str, settings: Settings, *, name: str = "BACKGROUND") -> Background:
    """`color:RRGGBB`, `blur`, `blur:STRENGTH`, a video or an image file.

    Whether a file can be read is for `transforms.catalog` to say. `name`: how the user calls it.

    Raises:
        ArgumentError: it cannot be, or an option of its place plays no part.
    """
    kind, colon, value = typed.partition(":")
    if kind == "color":
        _refuse_place(settings, typed)
        return ColorBackground(parse_color(value, f"{name} color:"))
    if kind == "blur":
        _refuse_place(settings, typed)
        return _blur(value if colon else None, f"{name} {shortened(typed)}")
    if kind == "session" and colon:
        raise ArgumentError(not_built(f"{name} {shortened(typed)}, another session"))
    path, placement, color = at_home(typed), _placement(settings), settings.background_color or BLACK
    return (VideoBackground if is_video(path) else ImageBackground)(path, placement, color)


def is_video(path: Path) -> bool:
    """Whether a file is for a video's reader: by its first bytes where they tell, else by its name."""
    head = _head(path)
    if head.startswith((b"\xff\xd8\xff", b"\x89PNG")) or head[8:12] in (b"WEBP", b"avif", b"avis"):
        return False
    is_video_by_content = head.startswith(b"\x1a\x45\xdf\xa3") or head[4:8] == b"ftyp" or head[8:12] == b"AVI "
    return is_video_by_content or path.suffix.lower() in VIDEO_SUFFIXES


def _head(path: Path) -> bytes:
    """A file's first bytes; none where it cannot be read: whoever opens it says why."""
    try:
        if not path.is_file():  # a pipe would have us wait
            return b""
        with path.open("rb") as file:
            return file.read(16)
    except (OSError, ValueError):
        return b""


def _blur(strength: str | None, where: str) -> BlurBackground:
    if strength is None:
        return BlurBackground()
    try:
        return BlurBackground(picture_values.blur_strength(strength))
    except ValueError as error:
        raise ArgumentError(f"{where}: {error}") from error


def _placement(settings: Settings) -> Placement:
    asked = {name: getattr(settings, name) for name in ("fit", "focus", "offset", "scale")}
    return Placement(**{name: value for name, value in asked.items() if value is not None})


def _refuse_place(settings: Settings, typed: str) -> None:
    """Refuse what would play no part."""
    for name in PLACED:
        if getattr(settings, name) is not None:
            option = name.replace("_", "-")
            raise ArgumentError(f"--{option} belongs to an image or a video, not to {shortened(typed)}")
