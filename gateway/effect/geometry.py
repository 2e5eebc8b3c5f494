"""How the picture is cropped, turned and scaled before it is matted, as JSON says it: the command line's words."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field, StringConstraints

from gateway.effect.parts import Part
from gateway.geometry import Crop, Geometry
from gateway.options import picture_values, serve_values


def _crop(typed: str) -> str:
    return str(Crop(*picture_values.crop(typed)))


def _size(typed: str) -> str:
    return "{}x{}".format(*serve_values.size(typed))


def _form(pattern: str) -> Any:
    return Field(json_schema_extra={"pattern": pattern})


CropText = Annotated[
    str,
    StringConstraints(max_length=32),
    AfterValidator(_crop),
    _form(r"^[0-9]{1,5}x[0-9]{1,5}(\+[0-9]{1,5}\+[0-9]{1,5})?$"),
]
SizeText = Annotated[str, StringConstraints(max_length=16), AfterValidator(_size), _form(r"^[0-9]{1,5}x[0-9]{1,5}$")]


class GeometryModel(Part):
    """The picture before it is matted: cropped, then turned, then scaled; as it stands here, as it comes."""

    crop: CropText | None = Field(
        default=None, description="WxH+X+Y: this part only, in pixels of the picture as it comes; WxH alone its middle"
    )
    rotate: Literal[0, 90, 180, 270] = Field(default=0, description="degrees clockwise")
    size: SizeText | None = Field(default=None, description="WxH: scaled to it, cut about its middle")

    @classmethod
    def of(cls, geometry: Geometry) -> GeometryModel:
        """What says the same."""
        return cls(
            crop=None if geometry.crop is None else str(geometry.crop),
            rotate=geometry.rotate,
            size=None if geometry.size is None else "{}x{}".format(*geometry.size),
        )

    def resolved(self) -> Geometry:
        """What `gateway.intake` does."""
        crop = None if self.crop is None else Crop(*picture_values.crop(self.crop))
        return Geometry(crop, self.rotate, None if self.size is None else serve_values.size(self.size))
