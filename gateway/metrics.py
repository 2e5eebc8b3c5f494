"""What Prometheus is told: counted as things happen where nothing else counts them, read at the scrape where it does.

Labels are bounded: route templates, states, kinds, stages; never a session's id or name.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest

if TYPE_CHECKING:
    from gateway.sessions import Sessions

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"


class Metrics:
    """The metrics of one server, in a registry of their own."""

    def __init__(self, sessions: Sessions) -> None:
        self._sessions = sessions
        self._registry = CollectorRegistry()
        labels = ("method", "route", "status")
        self._requests = Counter("changebg_http_requests", "HTTP requests answered.", labels, registry=self._registry)
        self._seconds = Histogram(
            "changebg_http_request_duration_seconds", "From request to answer.", ("route",), registry=self._registry
        )

    def answered(self, method: str, route: str, status: int, seconds: float) -> None:
        """Count an answer. `route`: the template, such as `/v1/sessions/{id}`."""
        self._requests.labels(method, route, str(status)).inc()
        self._seconds.labels(route).observe(seconds)

    def exposition(self) -> bytes:
        """All of them, in Prometheus' text format."""
        return generate_latest(self._registry)
