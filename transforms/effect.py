"""What is done to a picture, as data: which matting, which background, what is shown when a matte cannot be trusted.

Nothing heavy is imported here, so that a command line can parse its arguments before a single kernel is loaded.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

Quality = Literal["fast", "balanced", "best"]
View = Literal["composite", "alpha"]
OnUnsure = Literal["hold", "cover"]


class EffectError(ValueError):
    """A parameter that cannot work; the sentence names it and its value."""


@dataclass(frozen=True, slots=True)
class Color:
    """An sRGB colour, each component 0..255."""

    red: int
    green: int
    blue: int

    @classmethod
    def parse(cls, text: str) -> Color:
        """`2a6a84`, `0x2a6a84` or `#2a6a84`.

        Raises:
            EffectError: anything else.
        """
        digits = text.removeprefix("0x").removeprefix("0X").removeprefix("#")
        if len(digits) != 6 or any(digit not in "0123456789abcdefABCDEF" for digit in digits):
            raise EffectError(f"{text!r} is not a colour: six hexadecimal digits such as 2a6a84, 0x2a6a84 or #2a6a84")
        return cls(*bytes.fromhex(digits))

    def __str__(self) -> str:
        return f"{self.red:02x}{self.green:02x}{self.blue:02x}"


@dataclass(frozen=True, slots=True)
class ScreenKey:
    """A coloured screen, measured in each picture (`transforms.relative_key`, `transforms.screen`)."""

    color: Color


@dataclass(frozen=True, slots=True)
class FfmpegKey:
    """ffmpeg's chromakey filter (`transforms.ffmpeg_key`).

    `similarity` 0.00001..1: the chroma distance under which a pixel is screen, as a share of the chroma plane's
    diagonal. `blend` 0..1: the width of the ramp above it; 0 is a hard edge.
    """

    color: Color
    similarity: float = 0.01
    blend: float = 0.0

    def __post_init__(self) -> None:
        if not 0.00001 <= self.similarity <= 1:
            raise EffectError(f"similarity {self.similarity} is outside 0.00001 to 1")
        if not 0 <= self.blend <= 1:
            raise EffectError(f"blend {self.blend} is outside 0 to 1")


@dataclass(frozen=True, slots=True)
class NoMatting:
    """The picture passes through as it is."""


@dataclass(frozen=True, slots=True)
class ImageBackground:
    """A still image file, scaled to cover the picture, never stretched."""

    path: Path


@dataclass(frozen=True, slots=True)
class ColorBackground:
    """One plain colour."""

    color: Color


Matting = ScreenKey | FfmpegKey | NoMatting
Background = ImageBackground | ColorBackground


@dataclass(frozen=True, slots=True)
class Effect:
    """Everything `transforms.catalog` needs to make a pipeline."""

    matting: Matting
    background: Background
    quality: Quality = "balanced"
    view: View = "composite"
    on_unsure: OnUnsure = "hold"
    matrix: Literal["bt601", "bt709"] | None = None
