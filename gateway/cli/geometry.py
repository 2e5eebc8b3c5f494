"""What a command line says of the picture before it is matted, as `gateway.geometry` does it."""

from __future__ import annotations

from gateway.geometry import Crop, Geometry
from gateway.options.settings import Settings


def geometry(settings: Settings) -> Geometry:
    """Its crop, its rotation and its size, in this order."""
    crop = None if settings.crop is None else Crop(*settings.crop)
    return Geometry(crop=crop, rotate=settings.rotate, size=settings.size)
