"""The options that say what stands behind the person, how the picture lies, and how its edge is finished.

A part of the table in `gateway.options.settings`.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

from gateway.options import picture_values, serve_values, values
from gateway.options.matting_options import MattingOptions
from gateway.options.option import (
    ALL_CALLS,
    MODEL_CHECKS,
    RELAY,
    RELAY_AND_FILE,
    RELAY_FILE_AND_SERVE,
    SERVE,
    Option,
)
from transforms.effect import FARTHEST, LONGEST_FADE, Color, Fit, OnUnsure, Quality, View

LIGHT_WRAP = "0.5"
"""What `--light-wrap` alone means: seen where one looks for it."""
COLOR_MATCH = "0.5"
"""What `--color-match` alone means: half of the way, which leaves a face its own colour."""

ShownView = Literal[View, "input"]
"""What a file may show: of a call, `input` is for permitted snapshots only."""

SNAPSHOT_VIEWS = ("composite", "alpha", "foreground", "input")


@dataclass(frozen=True, slots=True, kw_only=True)
class PictureOptions(MattingOptions):
    """What was asked of the picture around the matte. None: decided where it is used."""

    background: Annotated[
        str | None,
        Option(
            values.text,
            "BACKGROUND",
            "an image file, a video file (played over and over), color:RRGGBB, blur or blur:STRENGTH",
            ("file", "demo"),
        ),
    ] = None
    fit: Annotated[
        Fit | None,
        Option(
            values.one_of("cover", "contain", "fill", "none"),
            "FIT",
            "the background fills the picture and is cropped (cover), is whole in it (contain), is stretched over it"
            " (fill), or as large as it is (none) (default cover)",
            RELAY_AND_FILE,
        ),
    ] = None
    focus: Annotated[
        tuple[float, float] | None,
        Option(
            picture_values.pair(0, 1, "X,Y", "0.5,0.3"),
            "X,Y",
            "where the background lies: 0,0 at the top left, 1,1 at the bottom right; of what is cropped, what stays in"
            " view (default 0.5,0.5)",
            RELAY_AND_FILE,
        ),
    ] = None
    offset: Annotated[
        tuple[float, float] | None,
        Option(
            picture_values.offset,
            "X,Y",
            "move the background right and down, in pixels of the picture (default 0,0)",
            RELAY_AND_FILE,
        ),
    ] = None
    scale: Annotated[
        float | None,
        Option(
            values.number(0.05, 20),
            "S",
            "the background, so many times as large as --fit makes it (default 1)",
            RELAY_AND_FILE,
        ),
    ] = None
    background_color: Annotated[
        Color | None,
        Option(
            picture_values.color,
            "COLOR",
            "what shows around the background, and through what of it is transparent (default 000000)",
            RELAY_AND_FILE,
        ),
    ] = None
    fade: Annotated[
        float,
        Option(
            values.number(0, LONGEST_FADE, "s"),
            "S",
            "of calls that name none: how long a new background takes to come (default 0)",
            SERVE,
        ),
    ] = 0.0
    crop: Annotated[
        tuple[int, int, int | None, int | None] | None,
        Option(
            picture_values.crop,
            "WxH+X+Y",
            "this part of every picture only, from X,Y on; WxH alone: its middle; before --rotate and --size",
            RELAY_FILE_AND_SERVE,
        ),
    ] = None
    rotate: Annotated[
        Literal[0, 90, 180, 270],
        Option(
            picture_values.quarter_turns,
            "DEGREES",
            "turn every picture clockwise: 90, 180 or 270; before --size (default 0)",
            RELAY_FILE_AND_SERVE,
        ),
    ] = 0
    size: Annotated[
        tuple[int, int] | None,
        Option(
            serve_values.size,
            "WxH",
            "scale every picture to it, cut about its middle (default: as it comes)",
            RELAY_FILE_AND_SERVE,
        ),
    ] = None
    matrix: Annotated[
        Literal["bt601", "bt709"] | None,
        Option(
            values.one_of("bt601", "bt709"),
            "MATRIX",
            "bt601 or bt709, where the stream does not say (default: bt709 from 720 lines on the short side)",
            ("relay", "file", "keycolor"),
        ),
    ] = None
    quality: Annotated[
        Quality,
        Option(
            values.one_of("fast", "balanced", "best"),
            "LEVEL",
            "fast: a screen at half size, models small; balanced, best: hair at full resolution (default balanced)",
            (*ALL_CALLS, *MODEL_CHECKS),
        ),
    ] = "balanced"
    view: Annotated[
        ShownView,
        Option(
            values.one_of("composite", "alpha", "foreground", "input"),
            "VIEW",
            "composite; alpha: grey, 0 background to 255 foreground; foreground: the person alone, over black;"
            " of file also input, as it comes (default composite)",
            RELAY_AND_FILE,
        ),
    ] = "composite"
    on_unsure: Annotated[
        OnUnsure,
        Option(
            values.one_of("hold", "cover"),
            "POLICY",
            "a matte that cannot be trusted: hold the last good picture (2 s at most) or cover (default hold)",
            RELAY_AND_FILE,
        ),
    ] = "hold"
    clip: Annotated[
        tuple[float, float] | None,
        Option(
            values.interval(0, 1),
            "LOW,HIGH",
            "alpha, 0-1: LOW and less becomes 0, HIGH and more 1, and what lies between is stretched",
            RELAY_AND_FILE,
        ),
    ] = None
    shrink: Annotated[
        float,
        Option(
            values.number(-FARTHEST, FARTHEST),
            "PX",
            "move the outline inward, below 0 outward (default 0)",
            RELAY_AND_FILE,
        ),
    ] = 0.0
    feather: Annotated[
        float, Option(values.number(0, FARTHEST), "PX", "soften the outline, in pixels (default 0)", RELAY_AND_FILE)
    ] = 0.0
    despill: Annotated[
        float | None,
        Option(
            values.number(0, 1),
            "SHARE",
            "how much of the screen's light is taken out of edges, 0-1 (default: all, as measured)",
            RELAY_AND_FILE,
        ),
    ] = None
    light_wrap: Annotated[
        float,
        Option(
            picture_values.amount(LIGHT_WRAP),
            "[SHARE]",
            f"let the background's light fall around the person, 0-1, alone {LIGHT_WRAP} (default 0)",
            RELAY_AND_FILE,
            bare=LIGHT_WRAP,
        ),
    ] = 0.0
    color_match: Annotated[
        float,
        Option(
            picture_values.amount(COLOR_MATCH),
            "[SHARE]",
            f"move the person's colours toward the background's, 0-1, alone {COLOR_MATCH} (default 0)",
            RELAY_AND_FILE,
            bare=COLOR_MATCH,
        ),
    ] = 0.0
    garbage: Annotated[
        Path | None,
        Option(values.path, "MASK", "an image over the picture: white is always background", RELAY_AND_FILE),
    ] = None
    holdout: Annotated[
        Path | None,
        Option(values.path, "MASK", "an image over the picture: white is always the person", RELAY_AND_FILE),
    ] = None
    snapshot_every: Annotated[
        float | None,
        Option(values.number(0.1, 86_400, "s"), "S", "write a picture of the call every S seconds", RELAY),
    ] = None
    snapshot_view: Annotated[
        tuple[Literal["composite", "alpha", "foreground", "input"], ...],
        Option(
            serve_values.every(values.one_of(*SNAPSHOT_VIEWS)),
            "VIEW",
            "composite, alpha, foreground, or input, the room itself (default composite)",
            RELAY,
            is_list=True,
        ),
    ] = ("composite",)
    snapshot_file: Annotated[
        Path,
        Option(
            picture_values.image_name,
            "NAME",
            "NAME.png or .jpg, written as NAME-000001.png and so on (default snapshot.png)",
            RELAY,
        ),
    ] = Path("snapshot.png")
