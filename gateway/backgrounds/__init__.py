"""The pictures that effects name: uploads, re-encoded and named by their content, and a few that are always there."""

from gateway.backgrounds.asset import Asset
from gateway.backgrounds.store import Backgrounds

__all__ = ["Asset", "Backgrounds"]
