"""The kinds of matting, as JSON says them."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from gateway.effect.parts import AssetId, Assets, KeyColor, Kind, found
from transforms import effect as effects
from transforms.effect import LONGEST_LEARNING


class ChromaModel(Kind):
    """A coloured screen."""

    kind: Literal["chroma"] = "chroma"
    color: KeyColor = Field(
        default="auto", description="where the search for the screen's colour begins; auto: among all hues"
    )
    exact_color: bool = Field(default=False, description="take the colour as the last word: not measured, not followed")
    keyer: Literal["unmix", "ffmpeg"] | None = Field(
        default=None, description="unmix, relative to the screen's own strength, or ffmpeg, its chromakey exactly"
    )
    similarity: float | None = Field(default=None, ge=0.00001, le=1, description="ffmpeg's chromakey similarity")
    blend: float | None = Field(default=None, ge=0, le=1, description="ffmpeg's chromakey blend")
    shadow: effects.Shadow | None = Field(default=None, description="the shadow that the person casts on the screen")

    @model_validator(mode="after")
    def _without_contradiction(self) -> Self:
        has_ffmpeg = self.similarity is not None or self.blend is not None
        if self.keyer == "unmix" and has_ffmpeg:
            raise ValueError("similarity and blend belong to keyer ffmpeg, not to keyer unmix")
        if self.exact_color and self.color == "auto":
            raise ValueError("exact_color needs a typed color such as 2a6a84 beside it")
        if self.is_ffmpeg and self.color == "auto":
            raise ValueError("keyer ffmpeg needs a typed color; measuring the key colour finds it")
        if self.is_ffmpeg and self.shadow is not None:
            raise ValueError("shadow belongs to keyer unmix, not to keyer ffmpeg")
        return self

    @property
    def is_ffmpeg(self) -> bool:
        """Whether ffmpeg's key is meant, by its name or by its options."""
        return self.keyer == "ffmpeg" or (self.keyer is None and (self.similarity, self.blend) != (None, None))

    def resolved(self, assets: Assets) -> effects.Matting:
        """What `transforms` makes of it."""
        del assets
        color = None if self.color == "auto" else effects.Color.parse(self.color)
        if color is not None and self.is_ffmpeg:
            given = {"similarity": self.similarity, "blend": self.blend}
            return effects.FfmpegKey(color, **{name: value for name, value in given.items() if value is not None})
        return effects.ScreenKey(color, self.exact_color, self.shadow or "remove")


class PlateModel(Kind):
    """A known background: what differs from it is the person."""

    kind: Literal["plate"] = "plate"
    plate: AssetId = Field(
        default="learn", description="learn, in the call; first:N, its first frames; or an uploaded image"
    )
    shadow: effects.Shadow | None = Field(default=None, description="the shadow that the person casts on the wall")

    @model_validator(mode="after")
    def _with_a_count(self) -> Self:
        self._source()
        return self

    def _source(self) -> effects.FirstFrames | effects.Learned | None:
        """Where the plate comes from; None for an image."""
        kind, _, count = self.plate.partition(":")
        if self.plate == "learn":
            return effects.Learned()
        if kind != "first":
            return None
        if not (count.isascii() and count.isdigit() and 1 <= int(count[:9]) <= LONGEST_LEARNING):
            raise ValueError(f"plate {self.plate!r}: expected first:N with 1 to {LONGEST_LEARNING} frames")
        return effects.FirstFrames(int(count))

    @property
    def image(self) -> str | None:
        """The id of the plate where it is an image."""
        return self.plate if self._source() is None else None

    def resolved(self, assets: Assets) -> effects.Matting:
        """What `transforms` makes of it."""
        source = self._source() or effects.PlateImage(found(assets, self.plate, "plate", "matting.plate"))
        return effects.PlateKey(source, self.shadow or "remove")


class NoneModel(Kind):
    """The picture passes through as it is."""

    kind: Literal["none"] = "none"

    def resolved(self, assets: Assets) -> effects.Matting:
        """What `transforms` makes of it."""
        del assets
        return effects.NoMatting()


MattingModel = Annotated[ChromaModel | PlateModel | NoneModel, Field(discriminator="kind")]
