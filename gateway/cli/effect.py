"""What a command line says about the picture, as the `Effect` that `transforms.catalog` builds."""

from __future__ import annotations

from pathlib import Path

from gateway.cli.matting import matting, parse_color
from gateway.errors import ArgumentError
from gateway.options.configuration import not_built, shortened
from gateway.options.settings import Settings
from gateway.options.values import at_home
from transforms.effect import Background, ColorBackground, Edge, Effect, ImageBackground

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
        edge=Edge(
            clip=settings.clip,
            shrink=settings.shrink,
            feather=settings.feather,
            despill=settings.despill,
            garbage=settings.garbage,
            holdout=settings.holdout,
        ),
    )


def backdrop(typed: str) -> Background:
    """`color:RRGGBB` or an image file; whether that can be read is for `transforms.catalog` to say."""
    kind, _, value = typed.partition(":")
    if kind == "color":
        return ColorBackground(parse_color(value, "BACKGROUND color:"))
    if kind == "blur":
        raise ArgumentError(not_built(f"BACKGROUND {shortened(typed)}"))
    if Path(typed).suffix.lower() in VIDEO_SUFFIXES:
        raise ArgumentError(f"{not_built(f'BACKGROUND {shortened(typed)}, a video')}: give an image or color:RRGGBB")
    return ImageBackground(at_home(typed))
