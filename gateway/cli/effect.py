"""What a command line says about the picture, as the `Effect` that `transforms.catalog` builds."""

from __future__ import annotations

from gateway.cli.background import backdrop
from gateway.cli.matting import matting
from gateway.options.settings import Settings
from transforms.effect import BLACK, ColorBackground, Edge, Effect, NoMatting


def effect(settings: Settings, *, background: str, color: str | None, color_name: str = "COLOR") -> Effect:
    """The effect of `settings`, background and key colour as typed; `color_name` is how the user calls the latter.

    `--view input` is the picture as it comes, which nothing is done to; whether it may be asked for is for the command
    to say.

    Raises:
        ArgumentError: one of them is wrong, or plays no part.
    """
    who, behind = matting(settings, color, color_name), backdrop(background, settings)
    if settings.view == "input":
        return Effect(NoMatting(), ColorBackground(BLACK), matrix=settings.matrix)
    return Effect(
        who,
        behind,
        quality=settings.quality,
        view=settings.view,
        on_unsure=settings.on_unsure,
        matrix=settings.matrix,
        edge=_edge(settings),
    )


def _edge(settings: Settings) -> Edge:
    return Edge(
        clip=settings.clip,
        shrink=settings.shrink,
        feather=settings.feather,
        despill=settings.despill,
        garbage=settings.garbage,
        holdout=settings.holdout,
        light_wrap=settings.light_wrap,
        color_match=settings.color_match,
    )
