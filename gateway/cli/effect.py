"""What a command line says about the picture, as the `Effect` that `transforms.catalog` builds."""

from __future__ import annotations

from pathlib import Path

from gateway.configuration import not_built, shortened
from gateway.errors import ArgumentError
from gateway.settings import Settings
from gateway.values import at_home
from transforms.effect import (
    Background,
    Color,
    ColorBackground,
    Effect,
    EffectError,
    FfmpegKey,
    ImageBackground,
    Matting,
    NoMatting,
    ScreenKey,
)

VIDEO_SUFFIXES = (".mp4", ".m4v", ".mov", ".mkv", ".webm", ".avi", ".ts", ".mpg")
"""What a moving background would be called; still to come."""


def effect(settings: Settings, *, background: str, color: str | None, color_name: str = "COLOR") -> Effect:
    """The effect of `settings`, background and key colour as typed; `color_name` is how the user calls the latter.

    Raises:
        ArgumentError: one of them is wrong, or asks for what is not built yet.
    """
    return Effect(
        matting(settings, color, color_name),
        backdrop(background),
        quality=settings.quality,
        view=settings.view,
        on_unsure=settings.on_unsure,
        matrix=settings.matrix,
    )


def matting(settings: Settings, color: str | None, color_name: str) -> Matting:
    """Chroma where a colour is given, nothing where `--matting none` says so; the rest of the contract is to come."""
    if settings.matting == "none":
        return NoMatting()
    if color in (None, "-", "auto"):
        typed = f"{color_name} {color}" if color else f"no {color_name}"
        meaning = "a colour found by itself" if color == "auto" else "a matting chosen by itself"
        raise ArgumentError(f"{not_built(f'{typed}, which means {meaning}')}: give a colour such as 2a6a84")
    return _key(settings, _color(color or "", color_name))


def backdrop(typed: str) -> Background:
    """`color:RRGGBB` or an image file; whether that can be read is for `transforms.catalog` to say."""
    kind, _, value = typed.partition(":")
    if kind == "color":
        return ColorBackground(_color(value, "BACKGROUND color:"))
    if kind == "blur":
        raise ArgumentError(not_built(f"BACKGROUND {shortened(typed)}"))
    if Path(typed).suffix.lower() in VIDEO_SUFFIXES:
        raise ArgumentError(f"{not_built(f'BACKGROUND {shortened(typed)}, a video')}: give an image or color:RRGGBB")
    return ImageBackground(at_home(typed))


def _key(settings: Settings, color: Color) -> ScreenKey | FfmpegKey:
    asked = {"similarity": settings.similarity, "blend": settings.blend}
    given = {name: value for name, value in asked.items() if value is not None}
    if settings.keyer == "ffmpeg" or (settings.keyer is None and given):
        return FfmpegKey(color, **given)
    if given:
        raise ArgumentError(f"--{next(iter(given))} belongs to --keyer ffmpeg, not to --keyer {settings.keyer}")
    return ScreenKey(color)


def _color(typed: str, name: str) -> Color:
    try:
        return Color.parse(typed)
    except EffectError as error:
        raise ArgumentError(f"{name} {error}") from error
