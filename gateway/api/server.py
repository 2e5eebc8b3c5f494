"""What every handler works with: the parts of one server, under one key of the application."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from aiohttp import web

from gateway.assets import ServerAssets

if TYPE_CHECKING:
    from gateway.access import Access
    from gateway.backgrounds import Backgrounds
    from gateway.call.sessions import Sessions
    from gateway.events import Events
    from gateway.metrics import Metrics
    from gateway.models import Models
    from gateway.profiles import Profiles
    from gateway.serving import ServerSettings


@dataclass(frozen=True, slots=True, kw_only=True)
class Server:
    """One server's parts. Whoever makes it enters and leaves those that are contexts; `make_app` does neither."""

    settings: ServerSettings
    sessions: Sessions
    access: Access
    backgrounds: Backgrounds
    models: Models
    profiles: Profiles
    events: Events
    metrics: Metrics

    @property
    def assets(self) -> ServerAssets:
        """All that effects name."""
        return ServerAssets(self.backgrounds, self.models)


SERVER: Final = web.AppKey("server", Server)


def server_of(request: web.Request) -> Server:
    """The server that answers this request."""
    return request.app[SERVER]
