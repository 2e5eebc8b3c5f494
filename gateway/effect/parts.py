"""What every part of an effect is made of: objects that take nothing unknown, and kinds of values."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal, Protocol

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

DEFAULT_BACKGROUND = "builtin:soft"
"""What stands behind a person of whom nobody said what should."""

AssetKind = Literal["background", "video", "plate", "mask"]
"""What an upload is for: a still background, one that moves, the room without the person, a drawn mask."""


class Assets(Protocol):
    """The images and videos that effects name by id, and the models they name by file."""

    def path(self, asset_id: str, kind: AssetKind) -> Path:
        """The file of an image or a video. Called from any thread; takes no longer than a look-up.

        Raises:
            NotFound: there is none of this kind.
        """

    def model(self, name: str) -> Path:
        """A model's file. As `path`, but for some questions to the disk.

        Raises:
            NotFound: there is no such file where models are kept.
        """

    def model_spec(self, name: str) -> Path:
        """A model's spec: a file beside the models, or the bare name of one that comes with changebg. As `model`.

        Raises:
            NotFound: there is none of that name.
        """


class Part(BaseModel):
    """An object of the effect: nothing unknown in it, nothing converted, nothing changed later."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, allow_inf_nan=False)

    @model_validator(mode="before")
    @classmethod
    def _spelt_our_way(cls, given: Any) -> Any:
        return underscored(given)


def _with_kind(schema: dict[str, Any]) -> None:
    """Say in the schema what tells the kinds apart."""
    schema["required"] = ["kind", *schema.get("required", ())]


class Kind(Part):
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


def _several(given: Any) -> Any:
    """`["hair", "clothes"]` as JSON writes it, `"hair,clothes"` as the command line does."""
    if isinstance(given, str):
        return tuple(word.strip() for word in given.split(",") if word.strip())
    return tuple(given) if isinstance(given, list) else given


def _below(name: str) -> str:
    """A name that leads nowhere but down."""
    if not name.isprintable() or "\\" in name or any(part in ("", ".", "..") for part in name.split("/")):
        raise ValueError("expected a file's name below the folder of the models")
    return name


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
"""The id of an image or a video: `builtin:…`, or what an upload was answered with."""
_FileName = Annotated[str, StringConstraints(min_length=1, max_length=255), AfterValidator(_below)]
ModelName = Annotated[_FileName, Field(json_schema_extra={"format": "model"})]
"""A file below the folder of the models: `rvm.onnx`, `portraits/modnet.onnx`."""
SpecName = Annotated[_FileName, Field(json_schema_extra={"format": "model-spec"})]
CategoryName = Annotated[str, StringConstraints(min_length=1, max_length=64)]
Categories = Annotated[tuple[CategoryName, ...], Field(max_length=64), BeforeValidator(_several)]
Share = Annotated[float, Field(ge=0, le=1)]
Clip = Annotated[tuple[Share, Share], BeforeValidator(_pair), AfterValidator(_ordered)]
_POINT = Field(json_schema_extra={"format": "point"})
"""Across and down, rather than from here to there."""
Focus = Annotated[tuple[Share, Share], BeforeValidator(_pair), _POINT]
Pixels = Annotated[float, Field(ge=-effects.FARTHEST_OFFSET, le=effects.FARTHEST_OFFSET)]
Offset = Annotated[tuple[Pixels, Pixels], BeforeValidator(_pair), _POINT]
PX: dict[str, JsonValue] = {"x-unit": "px"}
SECONDS: dict[str, JsonValue] = {"x-unit": "s"}


def found(assets: Assets, asset_id: str, kind: AssetKind, where: str) -> Path:
    """The file of an image or a video.

    Raises:
        ArgumentError: there is none; the sentence says where it is asked for.
    """
    try:
        return assets.path(asset_id, kind)
    except NotFound as error:
        raise ArgumentError(f"{where} {asset_id!r}: there is no such {kind}") from error


def found_model(assets: Assets, name: str) -> Path:
    """The file of an effect's model.

    Raises:
        ArgumentError: there is none; the sentence says where it is asked for.
    """
    try:
        return assets.model(name)
    except NotFound as error:
        raise ArgumentError(f"matting.model {error}") from error


def found_spec(assets: Assets, name: str) -> Path:
    """The spec of an effect's model.

    Raises:
        ArgumentError: there is none; the sentence says where it is asked for.
    """
    try:
        return assets.model_spec(name)
    except NotFound as error:
        raise ArgumentError(f"matting.model_spec {error}") from error
