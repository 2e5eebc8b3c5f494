"""What a model takes and what it answers: all that its file does not say, as data.

A spec is complete: whatever its TOML file (`transforms.model.spec_file`) left out was found in the model itself
(`transforms.model.inference`), by a trial run (`transforms.model.trial`) or is the default.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from transforms.effect import Quality
from transforms.picture import Size

Layout = Literal["nchw", "nhwc"]
ColorOrder = Literal["rgb", "bgr"]
Fit = Literal["stretch", "letterbox", "crop"]
"""How a picture of another shape comes to a model's: stretched; whole, with bars around; its middle only."""
OutputKind = Literal["alpha", "probability", "logits", "labels"]
"""Opacity to be used as it is; how likely a class is; that before softmax or sigmoid; each place's class by number."""
Longest = dict[Quality, int]
"""Pixels of the longer side, by quality."""
Triple = tuple[float, float, float]

EACH_QUALITY: tuple[Quality, ...] = ("fast", "balanced", "best")


@dataclass(frozen=True, slots=True)
class PictureInput:
    """The tensor that takes the picture, four-dimensional with a batch of one.

    Each sample is `(value * scale - mean) / std` of a value 0..255, `mean` and `std` in the order of `color`. `size`:
    None where the model takes any; then the longer side is `longest` or the picture's own, whichever is less, and both
    sides are multiples of `multiple`. `close`: it was trained on people who fill the picture, and is shown those found.
    """

    name: str
    layout: Layout = "nchw"
    size: Size | None = None
    longest: Longest = field(default_factory=lambda: {"fast": 320, "balanced": 512, "best": 768})
    multiple: int = 32
    color: ColorOrder = "rgb"
    scale: float = 1 / 255
    mean: Triple = (0.0, 0.0, 0.0)
    std: Triple = (1.0, 1.0, 1.0)
    fit: Fit = "stretch"
    close: bool = False

    def size_for(self, picture: Size, quality: Quality) -> Size:
        """The size at which a picture of this size is shown to the model."""
        if self.size is not None:
            return self.size
        share = min(1.0, self.longest[quality] / max(picture))
        width, height = (max(self.multiple, round(side * share / self.multiple) * self.multiple) for side in picture)
        return Size(width, height)


@dataclass(frozen=True, slots=True)
class MatteOutput:
    """The tensor that answers.

    `layout`: where its classes are; `flat` is (1, places, classes), row by row, of `size`, None where that is the
    input's over a whole number. `classes`: those that are foreground, added up; empty where there is one channel,
    foreground itself. `scale`: what makes 0..1 of its values. `refine`: whether it is only a hint of where people are,
    from which the picture's own colours make the matte.
    """

    name: str
    kind: OutputKind = "alpha"
    layout: Literal["nchw", "nhwc", "flat"] = "nchw"
    size: Size | None = None
    classes: tuple[int, ...] = ()
    scale: float = 1.0
    refine: bool = False


@dataclass(frozen=True, slots=True)
class ForegroundOutput:
    """The tensor of the person's own colours, laid out and in the color order of the input, 0..1 after `scale`."""

    name: str
    scale: float = 1.0


@dataclass(frozen=True, slots=True)
class State:
    """What the model hands to itself: `output` of one picture is `input` of the next.

    `shape`: of the zeros that it begins with; a side that the model leaves open is 1.
    """

    input: str
    output: str
    shape: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Ratio:
    """An input of one number: by how much the model is to shrink the picture for the coarse part of its work.

    The longer side then comes to `longest` pixels; never over 1.
    """

    input: str
    longest: Longest

    def value_for(self, width: int, height: int, quality: Quality) -> float:
        """The ratio for a picture shown to the model at this size."""
        return min(1.0, self.longest[quality] / max(width, height))


@dataclass(frozen=True, slots=True)
class ModelInputs:
    """All that a model is handed for one picture.

    `plate`: the input that takes the background without the person, prepared as the picture is. `constants`: further
    inputs, and the number that fills them.
    """

    picture: PictureInput
    plate: str | None = None
    states: tuple[State, ...] = ()
    ratio: Ratio | None = None
    constants: tuple[tuple[str, float], ...] = ()


@dataclass(frozen=True, slots=True)
class ModelSpec:
    """Everything `ModelMatting` needs to know of a model beside its file.

    `warm_up`: how often the first picture after a beginning is shown to it before its answer counts. `gap`: seconds of
    stream time after which it begins anew. `license`: as whoever wrote the spec found it, an SPDX name.
    """

    inputs: ModelInputs
    matte: MatteOutput
    foreground: ForegroundOutput | None = None
    warm_up: int = 0
    gap: float = 1.0
    title: str = ""
    license: str = ""
    source: str = ""
