"""What is done to a call's picture, as JSON says it: read, checked, merged, turned into what `transforms` builds.

The names are the command line's with `_` for `-`; the spelling with `-` is understood, too. Where the command line
takes a file, the API takes the id of an upload or of a background that comes with the server: no path from outside is
ever opened. Every knob's range, default and meaning stands here; `/v1/catalog` and `/openapi.json` are made from it.
"""

from __future__ import annotations

from gateway.effect.backgrounds import BACKGROUND_KINDS
from gateway.effect.model import EffectModel
from gateway.effect.parts import DEFAULT_BACKGROUND, AssetKind, Assets, underscored

__all__ = ["BACKGROUND_KINDS", "DEFAULT_BACKGROUND", "AssetKind", "Assets", "EffectModel", "underscored"]
