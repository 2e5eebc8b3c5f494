"""The whole effect, and its edge."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Literal

from pydantic import Field

from gateway.effect.backgrounds import BackgroundModel, ImageModel, VideoModel
from gateway.effect.geometry import GeometryModel
from gateway.effect.matting import AutoModel, ChromaModel, MattingModel, NoneModel
from gateway.effect.parts import PX, SECONDS, AssetId, Assets, Clip, Part, found, underscored
from gateway.effect.plates import plate_image
from gateway.errors import ArgumentError
from gateway.geometry import AS_IT_COMES, Geometry
from transforms import effect as effects
from transforms.effect import FARTHEST


class EdgeModel(Part):
    """What is done to a matte before the picture is composited; as it stands here, nothing."""

    clip: Clip | None = Field(default=None, description="alpha at or under low becomes 0, at or over high 1")
    shrink: float = Field(
        default=0.0,
        ge=-FARTHEST,
        le=FARTHEST,
        description="moves the outline inward, below 0 outward",
        json_schema_extra=PX,
    )
    feather: float = Field(default=0.0, ge=0, le=FARTHEST, description="softens the outline", json_schema_extra=PX)
    despill: float | None = Field(
        default=None, ge=0, le=1, description="how much of the screen's light is taken out of edges"
    )
    garbage: AssetId | None = Field(default=None, description="a mask: white is always background")
    holdout: AssetId | None = Field(default=None, description="a mask: white is always the person")
    light_wrap: float = Field(
        default=0.0, ge=0, le=1, description="how much of the background's light falls around the person"
    )
    color_match: float = Field(
        default=0.0, ge=0, le=1, description="how far the person's colours are moved toward the background's"
    )

    def resolved(self, assets: Assets) -> effects.Edge:
        """What `transforms` makes of it."""
        return effects.Edge(
            clip=self.clip,
            shrink=self.shrink,
            feather=self.feather,
            despill=self.despill,
            garbage=None if self.garbage is None else found(assets, self.garbage, "mask", "edge.garbage"),
            holdout=None if self.holdout is None else found(assets, self.holdout, "mask", "edge.holdout"),
            light_wrap=self.light_wrap,
            color_match=self.color_match,
        )


class EffectModel(Part):
    """Everything that is done to a call's picture."""

    matting: MattingModel = AutoModel()
    background: BackgroundModel = ImageModel()
    edge: EdgeModel = EdgeModel()
    geometry: GeometryModel = GeometryModel()
    quality: effects.Quality = Field(
        default="balanced",
        description="fast: a screen at half size, models small; balanced, best: hair at full resolution",
    )
    view: effects.View = Field(
        default="composite",
        description="composite; alpha: grey, 0 background to 255 foreground; foreground: the person alone, over black",
    )
    on_unsure: effects.OnUnsure = Field(
        default="hold", description="a matte that cannot be trusted: hold the last good picture, 2 s at most, or cover"
    )
    matrix: Literal["bt601", "bt709"] | None = Field(default=None, description="of a stream that does not say")
    fade: float = Field(
        default=0.0,
        ge=0,
        le=effects.LONGEST_FADE,
        description="how long a new background takes to come in a running call",
        json_schema_extra=SECONDS,
    )

    def at(self, *, quality: effects.Quality, fade: float = 0.0, geometry: Geometry = AS_IT_COMES) -> EffectModel:
        """This effect with the server's `quality`, `fade` and `geometry` where it names none."""
        servers = {"quality": quality, "fade": fade, "geometry": GeometryModel.of(geometry)}
        return self.model_copy(
            update={name: value for name, value in servers.items() if name not in self.model_fields_set}
        )

    def with_plate(self, plate: str) -> EffectModel:
        """This effect before that clean plate: of its own matting where that may have one, else of a matting by it."""
        has_one = not isinstance(self.matting, ChromaModel | NoneModel)
        return self.merged({"matting": {"kind": self.matting.kind if has_one else "plate", "plate": plate}})

    def document(self) -> dict[str, Any]:
        """It as JSON's objects; what is measured, or the stream's to say, is not in it."""
        return self.model_dump(mode="json", exclude_none=True)

    def merged(self, patch: object) -> EffectModel:
        """This effect changed by a merge patch (RFC 7396): null takes a thing back to its default.

        An object whose `kind` is another one replaces the old object whole.

        Raises:
            ArgumentError: the patch is no object.
            pydantic.ValidationError: what comes out is no effect.
        """
        if not isinstance(patch, Mapping):
            raise ArgumentError("effect: expected an object to merge")
        try:
            spelt = underscored(patch)
        except ValueError as error:
            raise ArgumentError(f"effect: {error}") from error
        return EffectModel.model_validate(_merge(self.document(), spelt))

    def resolved(self, assets: Assets) -> effects.Effect:
        """What `transforms.catalog` builds.

        Raises:
            ArgumentError: an id that is no image's.
        """
        return effects.Effect(
            self.matting.resolved(assets),
            self.background.resolved(assets),
            quality=self.quality,
            view=self.view,
            on_unsure=self.on_unsure,
            matrix=self.matrix,
            edge=self.edge.resolved(assets),
            fade=self.fade,
        )

    def assets(self) -> frozenset[str]:
        """The ids of all images and videos it names."""
        return frozenset(self._named())

    def _named(self) -> Iterator[str]:
        if isinstance(self.background, ImageModel | VideoModel):
            yield self.background.source
        if not isinstance(self.matting, ChromaModel | NoneModel) and (plate := plate_image(self.matting.plate)):
            yield plate
        yield from (mask for mask in (self.edge.garbage, self.edge.holdout) if mask is not None)


def _merge(old: Any, patch: Any) -> Any:
    """RFC 7396 §2, with the one addition of `kind`."""
    if not isinstance(patch, Mapping):
        return patch
    is_another = not isinstance(old, Mapping) or patch.get("kind", old.get("kind")) != old.get("kind")
    merged = {} if is_another else dict(old)
    for name, value in patch.items():
        if value is None:
            merged.pop(name, None)
        else:
            merged[name] = _merge(merged.get(name), value)
    return merged
