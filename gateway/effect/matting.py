"""The kinds of matting, as JSON says them."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from gateway.effect.parts import Assets, Categories, KeyColor, Kind, ModelName, SpecName, found_model, found_spec
from gateway.effect.plates import BEHIND, PlateId, plate_of
from transforms import effect as effects


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
    plate: PlateId = Field(
        default="learn", description="learn, in the call; first:N, its first frames; or an uploaded image"
    )
    shadow: effects.Shadow | None = Field(default=None, description="the shadow that the person casts on the wall")

    def resolved(self, assets: Assets) -> effects.Matting:
        """What `transforms` makes of it."""
        return effects.PlateKey(plate_of(self.plate, assets), self.shadow or "remove")


class SelfieModel(Kind):
    """Persons, by the models that come with the server."""

    kind: Literal["selfie"] = "selfie"
    plate: PlateId = BEHIND

    def resolved(self, assets: Assets) -> effects.Matting:
        """What `transforms` makes of it."""
        return effects.SelfieKey(plate_of(self.plate, assets))


class MediapipeModel(Kind):
    """Persons, or what else a model knows, by MediaPipe Tasks."""

    kind: Literal["mediapipe"] = "mediapipe"
    model: ModelName | None = Field(
        default=None, description="a .tflite or .task file of this server's; without one the selfie model is used"
    )
    category: Categories = Field(
        default=(), description="the model's categories that are foreground, by name or number; none: persons"
    )
    chair: bool = Field(default=False, description="the chair they sit on is foreground, too")
    plate: PlateId = BEHIND

    def resolved(self, assets: Assets) -> effects.Matting:
        """What `transforms` makes of it."""
        model = None if self.model is None else found_model(assets, self.model)
        return effects.MediapipeKey(model, self.category, self.chair, plate_of(self.plate, assets))


class ModelModel(Kind):
    """Whatever a model calls foreground."""

    kind: Literal["model"] = "model"
    model: ModelName = Field(description="an .onnx or .tflite file of this server's")
    model_spec: SpecName | None = Field(
        default=None,
        description="a TOML file that describes it, or the name of a spec that comes with the server",
    )
    plate: PlateId = BEHIND

    def resolved(self, assets: Assets) -> effects.Matting:
        """What `transforms` makes of it."""
        spec = None if self.model_spec is None else found_spec(assets, self.model_spec)
        model = found_model(assets, self.model)
        return effects.ModelKey(model, spec, plate_of(self.plate, assets))


class AutoModel(Kind):
    """Screen, plate or person, whichever can be trusted."""

    kind: Literal["auto"] = "auto"
    color: KeyColor = Field(
        default="auto", description="where the search for a screen's colour begins; auto: among all hues"
    )
    plate: PlateId = BEHIND

    def resolved(self, assets: Assets) -> effects.Matting:
        """What `transforms` makes of it."""
        color = None if self.color == "auto" else effects.Color.parse(self.color)
        return effects.AutoKey(color, plate_of(self.plate, assets))


class NoneModel(Kind):
    """The picture passes through as it is."""

    kind: Literal["none"] = "none"

    def resolved(self, assets: Assets) -> effects.Matting:
        """What `transforms` makes of it."""
        del assets
        return effects.NoMatting()


MattingModel = Annotated[
    AutoModel | ChromaModel | PlateModel | SelfieModel | MediapipeModel | ModelModel | NoneModel,
    Field(discriminator="kind"),
]
