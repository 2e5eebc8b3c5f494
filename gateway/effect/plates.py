"""The clean plate that a matting may know, as JSON says it: `learn`, `first:N`, or the id of an uploaded image."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import AfterValidator, Field

from gateway.effect.parts import AssetId, Assets, found
from transforms import effect as effects
from transforms.effect import LONGEST_LEARNING


def _with_a_count(typed: str) -> str:
    kind, _, count = typed.partition(":")
    if kind == "first" and not (count.isascii() and count.isdigit() and 1 <= int(count[:9]) <= LONGEST_LEARNING):
        raise ValueError(f"expected first:N with 1 to {LONGEST_LEARNING} frames")
    return typed


PlateId = Annotated[AssetId, AfterValidator(_with_a_count)]

BEHIND: Any = Field(
    default="learn",
    description="what lies behind, for colour to decide at the edge: learn, first:N, or an uploaded image",
)
"""The field of a matting that does without a plate, and better with one."""


def plate_image(plate: str) -> str | None:
    """The id of a plate that is an image."""
    return None if plate == "learn" or plate.startswith("first:") else plate


def plate_of(plate: str, assets: Assets) -> effects.Plate:
    """What `transforms` makes of it.

    Raises:
        ArgumentError: it is an image, and there is none.
    """
    if plate == "learn":
        return effects.Learned()
    if plate_image(plate) is None:
        return effects.FirstFrames(int(plate.removeprefix("first:")))
    return effects.PlateImage(found(assets, plate, "plate", "matting.plate"))
