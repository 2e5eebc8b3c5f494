"""What is done to a call's picture, as JSON says it: read, checked, merged, turned into what `transforms` builds.

The names are the command line's with `_` for `-`; the spelling with `-` is understood, too. Where the command line
takes a file, the API takes the id of an upload or of a background that comes with the server: no path from outside is
ever opened. Every knob's range, default and meaning stands here; `/v1/catalog` and `/openapi.json` are made from it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any, Literal, Protocol, Self

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    JsonValue,
    StringConstraints,
    model_validator,
)

from gateway.errors import ArgumentError, NotFound
from transforms import effect as effects
from transforms.effect import FARTHEST, LONGEST_LEARNING

DEFAULT_BACKGROUND = "builtin:soft"
"""What stands behind a person of whom nobody said what should."""

AssetKind = Literal["background", "plate", "mask"]


class Assets(Protocol):
    """The images that effects name by id."""

    def path(self, asset_id: str, kind: AssetKind) -> Path:
        """The file of an image. Called from any thread; takes no longer than a look-up.

        Raises:
            NotFound: there is no such image of this kind.
        """


class _Part(BaseModel):
    """An object of the effect: nothing unknown in it, nothing converted, nothing changed later."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, allow_inf_nan=False)

    @model_validator(mode="before")
    @classmethod
    def _spelt_our_way(cls, given: Any) -> Any:
        return underscored(given)


def _with_kind(schema: dict[str, Any]) -> None:
    """Say in the schema what tells the kinds apart."""
    schema["required"] = ["kind", *schema.get("required", ())]


class _Kind(_Part):
    """An object of which there are several kinds."""

    model_config = ConfigDict(json_schema_extra=_with_kind)


def underscored(given: Any) -> Any:
    """The same object with `_` for `-` in its keys, and in those of the objects in it.

    Raises:
        ValueError: a key is there in both spellings.
    """
    if not isinstance(given, Mapping):
        return given
    spelt = {str(key).replace("-", "_"): underscored(value) for key, value in given.items()}
    if len(spelt) != len(given):
        raise ValueError("a name stands there twice, with - and with _")
    return spelt


def _hexadecimal(typed: str) -> str:
    """A colour as six digits.

    Raises:
        ValueError: it is none.
    """
    return str(effects.Color.parse(typed))


def _hexadecimal_or_auto(typed: str) -> str:
    return typed if typed == "auto" else _hexadecimal(typed)


def _pair(given: Any) -> Any:
    """`[low, high]` as JSON writes it, `"low,high"` as the command line does."""
    if isinstance(given, str):
        parts = given.split(",")
        return tuple(float(part) for part in parts) if len(parts) == 2 else given
    return tuple(given) if isinstance(given, list) else given


def _ordered(clip: tuple[float, float]) -> tuple[float, float]:
    if clip[0] >= clip[1]:
        raise ValueError(f"{clip[0]:g} is not below {clip[1]:g}")
    return clip


_HEX = r"^(0x|#)?[0-9a-fA-F]{6}$"
HexColor = Annotated[
    str,
    StringConstraints(max_length=16),
    AfterValidator(_hexadecimal),
    Field(json_schema_extra={"pattern": _HEX, "format": "color"}),
]
KeyColor = Annotated[
    str,
    StringConstraints(max_length=16),
    AfterValidator(_hexadecimal_or_auto),
    Field(json_schema_extra={"pattern": f"^auto$|{_HEX}", "format": "color"}),
]
AssetId = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9:_-]{0,127}$")]
"""The id of an image: `builtin:…`, or what an upload was answered with."""
Share = Annotated[float, Field(ge=0, le=1)]
Clip = Annotated[tuple[Share, Share], BeforeValidator(_pair), AfterValidator(_ordered)]
_PX: dict[str, JsonValue] = {"x-unit": "px"}


class ChromaModel(_Kind):
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


class PlateModel(_Kind):
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
        source = self._source() or effects.PlateImage(_found(assets, self.plate, "plate", "matting.plate"))
        return effects.PlateKey(source, self.shadow or "remove")


class NoneModel(_Kind):
    """The picture passes through as it is."""

    kind: Literal["none"] = "none"

    def resolved(self, assets: Assets) -> effects.Matting:
        """What `transforms` makes of it."""
        del assets
        return effects.NoMatting()


class ImageModel(_Kind):
    """A still image."""

    kind: Literal["image"] = "image"
    source: AssetId = Field(
        default=DEFAULT_BACKGROUND, description="the id of an upload, or of one that comes with the server"
    )
    fit: Literal["cover"] = Field(default="cover", description="cover: scaled to fill the picture, never stretched")

    def resolved(self, assets: Assets) -> effects.Background:
        """What `transforms` makes of it."""
        return effects.ImageBackground(_found(assets, self.source, "background", "background.source"))


class ColorModel(_Kind):
    """One plain colour."""

    kind: Literal["color"] = "color"
    color: HexColor = Field(default="202020", description="rrggbb")

    def resolved(self, assets: Assets) -> effects.Background:
        """What `transforms` makes of it."""
        del assets
        return effects.ColorBackground(effects.Color.parse(self.color))


class EdgeModel(_Part):
    """What is done to a matte before the picture is composited; as it stands here, nothing."""

    clip: Clip | None = Field(default=None, description="alpha at or under low becomes 0, at or over high 1")
    shrink: float = Field(
        default=0.0,
        ge=-FARTHEST,
        le=FARTHEST,
        description="moves the outline inward, below 0 outward",
        json_schema_extra=_PX,
    )
    feather: float = Field(default=0.0, ge=0, le=FARTHEST, description="softens the outline", json_schema_extra=_PX)
    despill: float | None = Field(
        default=None, ge=0, le=1, description="how much of the screen's light is taken out of edges"
    )
    garbage: AssetId | None = Field(default=None, description="a mask: white is always background")
    holdout: AssetId | None = Field(default=None, description="a mask: white is always the person")

    def resolved(self, assets: Assets) -> effects.Edge:
        """What `transforms` makes of it."""
        return effects.Edge(
            clip=self.clip,
            shrink=self.shrink,
            feather=self.feather,
            despill=self.despill,
            garbage=None if self.garbage is None else _found(assets, self.garbage, "mask", "edge.garbage"),
            holdout=None if self.holdout is None else _found(assets, self.holdout, "mask", "edge.holdout"),
        )


MattingModel = Annotated[ChromaModel | PlateModel | NoneModel, Field(discriminator="kind")]
BackgroundModel = Annotated[ImageModel | ColorModel, Field(discriminator="kind")]


class EffectModel(_Part):
    """Everything that is done to a call's picture."""

    matting: MattingModel = ChromaModel()
    background: BackgroundModel = ImageModel()
    edge: EdgeModel = EdgeModel()
    quality: effects.Quality = Field(
        default="balanced", description="fast: keyed at half size; balanced, best: hair at full resolution"
    )
    view: effects.View = Field(
        default="composite", description="composite, or alpha: grey, 0 background to 255 foreground"
    )
    on_unsure: effects.OnUnsure = Field(
        default="hold", description="a matte that cannot be trusted: hold the last good picture, 2 s at most, or cover"
    )
    matrix: Literal["bt601", "bt709"] | None = Field(default=None, description="of a stream that does not say")

    def at(self, quality: effects.Quality) -> EffectModel:
        """This effect, at `quality` where it names none: the server's."""
        return self if "quality" in self.model_fields_set else self.model_copy(update={"quality": quality})

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
        )

    def assets(self) -> frozenset[str]:
        """The ids of all images it names."""
        return frozenset(self._named())

    def _named(self) -> Iterator[str]:
        if isinstance(self.background, ImageModel):
            yield self.background.source
        if isinstance(self.matting, PlateModel) and self.matting.image is not None:
            yield self.matting.image
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


def _found(assets: Assets, asset_id: str, kind: AssetKind, where: str) -> Path:
    """The image's file.

    Raises:
        ArgumentError: there is none; the sentence says where it is asked for.
    """
    try:
        return assets.path(asset_id, kind)
    except NotFound as error:
        raise ArgumentError(f"{where} {asset_id!r}: there is no such {kind}") from error
