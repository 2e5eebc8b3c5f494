"""The kinds of background, as JSON says them."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from gateway.effect.parts import DEFAULT_BACKGROUND, PX, AssetId, Assets, Focus, HexColor, Kind, Offset, found
from transforms import effect as effects


class _Placed(Kind):
    """A background that has a size of its own, and lies somewhere under the picture."""

    kind: str  # these two first, as people write them
    source: AssetId
    fit: effects.Fit = Field(
        default="cover",
        description="cover: fills the picture and is cropped; contain: is whole in it; fill: stretched over it;"
        " none: as large as it is",
    )
    focus: Focus = Field(
        default=(0.5, 0.5),
        description="where it lies, across and down: 0, 0 at the upper left; of what is cropped, what stays in view",
    )
    offset: Offset = Field(
        default=(0.0, 0.0),
        description="moves it right and down, by pixels of the picture",
        json_schema_extra=PX,
    )
    scale: float = Field(default=1.0, ge=0.05, le=20, description="so many times as large as fit makes it")
    color: HexColor = Field(
        default="000000", description="rrggbb: what shows around it, and through what of it is transparent"
    )

    @property
    def placement(self) -> effects.Placement:
        """Where it lies."""
        return effects.Placement(self.fit, self.focus, self.offset, self.scale)


class ImageModel(_Placed):
    """A still image."""

    kind: Literal["image"] = "image"
    source: AssetId = Field(
        default=DEFAULT_BACKGROUND, description="the id of an upload, or of one that comes with the server"
    )

    def resolved(self, assets: Assets) -> effects.Background:
        """What `transforms` makes of it."""
        path = found(assets, self.source, "background", "background.source")
        return effects.ImageBackground(path, self.placement, effects.Color.parse(self.color))


class VideoModel(_Placed):
    """A video, played in the call's time and over and over."""

    kind: Literal["video"] = "video"
    source: AssetId = Field(description="the id of an uploaded video")

    def resolved(self, assets: Assets) -> effects.Background:
        """What `transforms` makes of it."""
        path = found(assets, self.source, "video", "background.source")
        return effects.VideoBackground(path, self.placement, effects.Color.parse(self.color))


class BlurModel(Kind):
    """The caller's own room, out of focus."""

    kind: Literal["blur"] = "blur"
    strength: float = Field(
        default=0.5, ge=0, le=1, description="how far out of focus; at each strength no text in it can be read"
    )

    def resolved(self, assets: Assets) -> effects.Background:
        """What `transforms` makes of it."""
        del assets
        return effects.BlurBackground(self.strength)


class ColorModel(Kind):
    """One plain colour."""

    kind: Literal["color"] = "color"
    color: HexColor = Field(default="202020", description="rrggbb")

    def resolved(self, assets: Assets) -> effects.Background:
        """What `transforms` makes of it."""
        del assets
        return effects.ColorBackground(effects.Color.parse(self.color))


BACKGROUND_KINDS = ("image", "video", "blur", "color")
BackgroundModel = Annotated[ImageModel | VideoModel | BlurModel | ColorModel, Field(discriminator="kind")]
