"""From typed text to a value, for what is asked of the picture; like `gateway.options.values`, whose rules it keeps."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

from gateway.options import values
from transforms.effect import FARTHEST_OFFSET, Color, EffectError

CROP_LIMITS = (16, 16_384)
"""Pixels of a side: what an encoder takes, and more than any camera has."""

_EVEN_CROP = f"expected WxH+X+Y, W and H even numbers from {CROP_LIMITS[0]} to {CROP_LIMITS[1]}, such as 720x1280+700+0"


def pair(low: float, high: float, name: str, example: str) -> Callable[[str], tuple[float, float]]:
    """Two numbers within `low` and `high`, in any order."""
    expected = f"expected {name}, two numbers from {low:.10g} to {high:.10g}, such as {example}"

    def parse(typed: str) -> tuple[float, float]:
        try:
            first, second = map(float, typed.split(","))
        except ValueError:
            raise ValueError(expected) from None
        if not (low <= first <= high and low <= second <= high):
            raise ValueError(expected)
        return first, second

    return parse


offset = pair(-FARTHEST_OFFSET, FARTHEST_OFFSET, "X,Y", "-400,-1600")


def amount(bare: str) -> Callable[[str], float]:
    """A share from 0 to 1; a word for on is `bare`, one for off 0."""
    parse_share = values.number(0, 1)

    def parse(typed: str) -> float:
        word = typed.lower()
        if word in ("true", "yes", "on"):
            word = bare
        elif word in ("false", "no", "off"):
            word = "0"
        return parse_share(word)

    return parse


def color(typed: str) -> Color:
    """Six hexadecimal digits."""
    try:
        return Color.parse(typed)
    except EffectError:
        raise ValueError("expected a colour: six hexadecimal digits such as 202020") from None


def crop(typed: str) -> tuple[int, int, int | None, int | None]:
    """Width, height, and where the upper left corner lies, in pixels: `720x1280+700+1550`; None without, centred."""
    match = re.fullmatch(r"([0-9]{1,5})x([0-9]{1,5})(?:\+([0-9]{1,5})\+([0-9]{1,5}))?", typed.lower())
    low, high = CROP_LIMITS
    sides = (int(match[1]), int(match[2])) if match else (0, 0)
    if match is None or not all(low <= side <= high and side % 2 == 0 for side in sides):
        raise ValueError(_EVEN_CROP)
    return (*sides, None, None) if match[3] is None else (*sides, int(match[3]), int(match[4]))


def quarter_turns(typed: str) -> int:
    """Degrees, clockwise."""
    return int(values.one_of("0", "90", "180", "270")(typed))


def image_name(typed: str) -> Path:
    """A path that ends like an image that we write."""
    path = values.path(typed)
    if path.suffix.lower() not in (".png", ".jpg", ".jpeg"):
        raise ValueError("expected a name that ends in .png or .jpg")
    return path


def blur_strength(typed: str) -> float:
    """0 to 1; above 1, up to 100, it is per cent."""
    try:
        strength = values.number(0, 100)(typed)
    except ValueError:
        raise ValueError("expected a strength from 0 to 1, or per cent up to 100") from None
    return strength / 100 if strength > 1 else strength
