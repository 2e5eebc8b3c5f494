"""Which aiortc and aioice `tuning` was written for. Imports neither, so that it can say so before they fail."""

from __future__ import annotations

import importlib.metadata
from typing import Final

from gateway.errors import GatewayError

VERSIONS: Final = {"aiortc": "1.16.", "aioice": "0.13.", "pylibsrtp": "1."}
"""What a version begins with."""


def require_known_versions() -> None:
    """Refuse to start on others.

    Raises:
        GatewayError: names what is installed.
    """
    for name, prefix in VERSIONS.items():
        found = importlib.metadata.version(name)
        if not found.startswith(prefix):
            raise GatewayError(f"{name} {found} is installed; this changebg works with {name} {prefix}x")
