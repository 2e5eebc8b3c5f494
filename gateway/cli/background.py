"""What a command line says about what stands behind the person, as a background of `transforms.effect`."""

from __future__ import annotations

from gateway.cli.matting import parse_color
from gateway.errors import ArgumentError
from gateway.options import picture_values
from gateway.options.background_files import is_video
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
