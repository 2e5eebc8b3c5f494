"""All that the effects of a server name."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from gateway.backgrounds import Backgrounds
from gateway.effect import AssetKind
from gateway.models import Models


@dataclass(frozen=True, slots=True)
class ServerAssets:
    """A server's pictures and models, side by side. Satisfies `gateway.effect.Assets`."""

    backgrounds: Backgrounds
    models: Models

    def path(self, asset_id: str, kind: AssetKind) -> Path:
        """An image's file.

        Raises:
            NotFound: there is no such image of this kind.
        """
        return self.backgrounds.path(asset_id, kind)

    def model(self, name: str) -> Path:
        """A model's file.

        Raises:
            NotFound: there is no such file.
        """
        return self.models.path(name)

    def model_spec(self, name: str) -> Path:
        """A model's spec.

        Raises:
            NotFound: there is none of that name.
        """
        return self.models.spec(name)
