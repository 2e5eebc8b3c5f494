"""What is done to a picture, as data: which matting, which background, what is shown when a matte cannot be trusted.

Nothing heavy is imported here, so that a command line can parse its arguments before a single kernel is loaded.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

Quality = Literal["fast", "balanced", "best"]
View = Literal["composite", "alpha", "foreground"]
"""What comes out: the picture before its new background, its alpha as grey, or unmixed colour over black."""
Fit = Literal["cover", "contain", "fill", "none"]
"""How a background is laid under the picture: it fills it and is cropped, is whole in it, is stretched over it, or is
as large as it is. Only `fill` changes its shape."""
OnUnsure = Literal["hold", "cover"]
Shadow = Literal["remove", "keep"]
"""The shadow that the person casts on what is behind: part of the background, or kept over the new one."""

LONGEST_LEARNING = 600
"""Frames: a plate of the first frames is learned within 20 s at 30 fps, or the call is no call."""

FARTHEST = 20.0
"""Pixels an edge may be moved or softened: what is farther is no edge any more."""


FARTHEST_OFFSET = 16384
"""Pixels a background may be moved."""

LONGEST_FADE = 5.0
"""Seconds that one background may take to pass into the next."""


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


BLACK = Color(0, 0, 0)


@dataclass(frozen=True, slots=True)
class ScreenKey:
    """A coloured screen, measured in each picture (`transforms.screen`, `transforms.relative_key`).

    `color`: where the search for its colour begins; None finds it among all hues. `exact`: the colour is the last word,
    not measured and not followed.
    """

    color: Color | None = None
    exact: bool = False
    shadow: Shadow = "remove"

    def __post_init__(self) -> None:
        if self.exact and self.color is None:
            raise EffectError("an exact colour was asked for, but none was given")


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
class PlateImage:
    """The background without the person, in an image file."""

    path: Path


@dataclass(frozen=True, slots=True)
class FirstFrames:
    """The background as the first `count` frames show it, 1..600, before the person comes."""

    count: int

    def __post_init__(self) -> None:
        if not 1 <= self.count <= LONGEST_LEARNING:
            raise EffectError(f"a plate of the first {self.count} frames: expected 1 to {LONGEST_LEARNING}")


@dataclass(frozen=True, slots=True)
class Learned:
    """The background as it shows around the moving person, learned during the call."""


Plate = PlateImage | FirstFrames | Learned


@dataclass(frozen=True, slots=True)
class PlateKey:
    """A known background, the clean plate: what differs from it is the person (`transforms.plate`)."""

    plate: Plate
    shadow: Shadow = "remove"


@dataclass(frozen=True, slots=True)
class SelfieKey:
    """Persons, as MediaPipe's selfie segmentation knows them (`transforms.person`); the models come with changebg.

    `plate`: what lies behind them, from where it is known on: then colour decides at the edge, and not shape alone.
    """

    plate: Plate = Learned()


@dataclass(frozen=True, slots=True)
class MediapipeKey:
    """Persons, or whatever else a model knows, by MediaPipe Tasks' own `ImageSegmenter`.

    `model`: a .tflite or .task file; None is the embedded selfie model. `categories`: those of the model's that are
    foreground, by name or number; none named: a person and what they wear. `chair`: the chair they sit on, too.
    """

    model: Path | None = None
    categories: tuple[str, ...] = ()
    chair: bool = False
    plate: Plate = Learned()


@dataclass(frozen=True, slots=True)
class ModelKey:
    """Whatever a model of ONNX or TFLite calls foreground (`transforms.model`).

    `spec`: the TOML file that describes it; None is the one beside it, of the same name, if there is one.
    """

    path: Path
    spec: Path | None = None
    plate: Plate = Learned()


@dataclass(frozen=True, slots=True)
class AutoKey:
    """Screen, plate or person, whichever can be trusted (`transforms.auto`).

    `color`: where the search for a screen begins; None searches every hue.
    """

    color: Color | None = None
    plate: Plate = Learned()


@dataclass(frozen=True, slots=True)
class NoMatting:
    """The picture passes through as it is."""


@dataclass(frozen=True, slots=True)
class Placement:
    """Where a background lies under the picture (`transforms.geometry.placed`).

    `focus`: the point of it, (0, 0) its top left corner, (1, 1) its bottom right one, that lies at the same share of
    the picture, as with CSS's object-position: it is in view whatever is cropped. `scale`: how many times as large
    as `fit` makes it, about that point, 0.05..20. `offset`: pixels of the picture it then moves right and down by.
    """

    fit: Fit = "cover"
    focus: tuple[float, float] = (0.5, 0.5)
    offset: tuple[float, float] = (0.0, 0.0)
    scale: float = 1.0

    def __post_init__(self) -> None:
        if not all(0 <= share <= 1 for share in self.focus):
            raise EffectError(f"focus {self.focus[0]:g},{self.focus[1]:g}: expected two shares from 0 to 1")
        if not 0.05 <= self.scale <= 20:
            raise EffectError(f"scale {self.scale:g} is outside 0.05 to 20")
        if not all(abs(pixels) <= FARTHEST_OFFSET for pixels in self.offset):
            raise EffectError(
                f"offset {self.offset[0]:g},{self.offset[1]:g}: expected -{FARTHEST_OFFSET} to {FARTHEST_OFFSET} pixels"
            )


@dataclass(frozen=True, slots=True)
class ImageBackground:
    """A still image file. `color`: what shows where it does not reach, and through what of it is transparent."""

    path: Path
    placement: Placement = Placement()
    color: Color = BLACK


@dataclass(frozen=True, slots=True)
class VideoBackground:
    """A video file, played in the stream's time and over and over. `color`: as an image's."""

    path: Path
    placement: Placement = Placement()
    color: Color = BLACK


@dataclass(frozen=True, slots=True)
class BlurBackground:
    """The caller's own room, out of focus. `strength`: 0..1; at each of them no text in it can be read."""

    strength: float = 0.5

    def __post_init__(self) -> None:
        if not 0 <= self.strength <= 1:
            raise EffectError(f"blur {self.strength:g} is outside 0 to 1")


@dataclass(frozen=True, slots=True)
class ColorBackground:
    """One plain colour."""

    color: Color


@dataclass(frozen=True, slots=True)
class Edge:
    """What is done to a matte before the picture is composited (`transforms.edge`); as it stands here, nothing.

    `clip`: (low, high) with 0 <= low < high <= 1: alpha at or under low becomes 0, at or over high 1, and is stretched
    between. `shrink`: pixels by which the outline moves inward, negative outward, -20..20. `feather`: pixels of
    softening, a standard deviation, 0..20. `despill`: the share of the screen's light that is taken out where alpha is
    under 255, 0..1; None: as measured, all of it. `garbage`: an image whose white is always background; `holdout`: one
    whose white is always person. Both are stretched over the frame on which they were drawn; of an image with an alpha
    channel that varies it is that channel that counts. `light_wrap`: how much of the new background's light falls
    around the person's outline, 0..1. `color_match`: how far the person's colours are moved toward the background's,
    0..1.
    """

    clip: tuple[float, float] | None = None
    shrink: float = 0.0
    feather: float = 0.0
    despill: float | None = None
    garbage: Path | None = None
    holdout: Path | None = None
    light_wrap: float = 0.0
    color_match: float = 0.0

    def __post_init__(self) -> None:
        if self.clip is not None and not 0 <= self.clip[0] < self.clip[1] <= 1:
            raise EffectError(f"clip {self.clip[0]:g},{self.clip[1]:g}: expected 0 <= low < high <= 1")
        if not -FARTHEST <= self.shrink <= FARTHEST:
            raise EffectError(f"shrink {self.shrink:g} is outside -{FARTHEST:g} to {FARTHEST:g} pixels")
        if not 0 <= self.feather <= FARTHEST:
            raise EffectError(f"feather {self.feather:g} is outside 0 to {FARTHEST:g} pixels")
        if self.despill is not None and not 0 <= self.despill <= 1:
            raise EffectError(f"despill {self.despill:g} is outside 0 to 1")
        for name, share in (("light-wrap", self.light_wrap), ("color-match", self.color_match)):
            if not 0 <= share <= 1:
                raise EffectError(f"{name} {share:g} is outside 0 to 1")


Plated = PlateKey | SelfieKey | MediapipeKey | ModelKey | AutoKey
"""The mattings that may know what lies behind the person, by their `plate`."""

Matting = ScreenKey | FfmpegKey | PlateKey | SelfieKey | MediapipeKey | ModelKey | AutoKey | NoMatting
Background = ImageBackground | VideoBackground | BlurBackground | ColorBackground


@dataclass(frozen=True, slots=True)
class Effect:
    """Everything `transforms.catalog` needs to make a pipeline.

    `fade`: seconds in which a background that comes in a running call passes out of the one before, 0..5.
    """

    matting: Matting
    background: Background
    quality: Quality = "balanced"
    view: View = "composite"
    on_unsure: OnUnsure = "hold"
    matrix: Literal["bt601", "bt709"] | None = None
    edge: Edge = Edge()
    fade: float = 0.0

    def __post_init__(self) -> None:
        if not 0 <= self.fade <= LONGEST_FADE:
            raise EffectError(f"fade {self.fade:g} is outside 0 to {LONGEST_FADE:g} s")
