"""What Prometheus is told: counted as it happens, or read at the scrape where something else counts it.

The figures of sessions are sums: a session that ends leaves its counts behind, so that a counter never falls. Labels
are bounded: route templates, states, kinds of media and of loss; never a session's id, name or label.
"""

from __future__ import annotations

from collections import Counter as Counts
from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, get_args

from prometheus_client import CollectorRegistry, Counter, Histogram, ProcessCollector, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from gateway.call.lifetime import SessionState
from gateway.call.session_counters import COUNTERS, Counted, counted
from gateway.effect import BACKGROUND_KINDS
from gateway.worker import Worker
from transforms.matting import SLOWEST_PACE

if TYPE_CHECKING:
    from gateway.call.session import Session
    from gateway.call.session_stats import SessionStats
    from gateway.call.sessions import Sessions

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"

METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
"""The label's values; what a client makes up beyond them counts as `other`."""

STATES = tuple(state for state in get_args(SessionState) if state != "ended")

ANSWER_SECONDS = (0.001, 0.005, 0.02, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0)
LAG_SECONDS = (0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.5, 1.0)
"""Bounds around what is promised: a callback of 20 ms, a lag of 10 ms at the 99th percentile."""


class Metrics:
    """The metrics of one server, in a registry of their own."""

    def __init__(self, sessions: Sessions) -> None:
        self._registry = CollectorRegistry()
        self._of_sessions = _SessionMetrics(sessions)
        sessions.on_ended = self._of_sessions.retire
        self._requests = Counter(
            "changebg_http_requests",
            "HTTP requests answered.",
            ("method", "route", "status"),
            registry=self._registry,
        )
        self._seconds = Histogram(
            "changebg_http_request_duration_seconds",
            "From a request's head to the end of its answer.",
            ("route",),
            buckets=ANSWER_SECONDS,
            registry=self._registry,
        )
        self._lag = Histogram(
            "changebg_event_loop_lag_seconds",
            "How late the event loop was for a beat every 0.1 s.",
            buckets=LAG_SECONDS,
            registry=self._registry,
        )

    def answered(self, method: str, route: str, status: int, seconds: float) -> None:
        """Count an answer. `route`: the template, such as `/v1/sessions/{id}`."""
        self._requests.labels(method if method in METHODS else "other", route, str(status)).inc()
        self._seconds.labels(route).observe(seconds)

    def lagged(self, seconds: float) -> None:
        """Count a beat of the loop that came so late."""
        self._lag.observe(seconds)

    async def exposition(self) -> bytes:
        """All of them, in Prometheus' text format.

        The sessions are asked here, on the loop; the process's own figures come from files, in a thread.
        """
        sessions = list(self._of_sessions.collect())
        worker = Worker("metrics")
        try:
            text = await worker.run(self._text, sessions)
            await worker.aclose()
            return text
        finally:
            worker.close()

    def _text(self, sessions: Iterable[Metric]) -> bytes:
        scraped = CollectorRegistry()
        scraped.register(_Collected(sessions))
        ProcessCollector(registry=scraped)
        return generate_latest(self._registry) + generate_latest(scraped)


class _Collected(Collector):
    """What was collected already."""

    def __init__(self, metrics: Iterable[Metric]) -> None:
        self._metrics = metrics

    def collect(self) -> Iterable[Metric]:
        return self._metrics


class _SessionMetrics:
    """The sums over all sessions there are and were.

    A session forgets legs that left long ago; what was seen of its counters before that is the least they are.
    """

    def __init__(self, sessions: Sessions) -> None:
        self._sessions = sessions
        self._seen: dict[str, Counts[Counted]] = {}
        self._retired: Counts[Counted] = Counts()
        self._ended = 0

    def retire(self, session: Session) -> None:
        """Keep what a session counted: it ends."""
        self._retired.update(self._counted(session.id, session.stats()))
        del self._seen[session.id]
        self._ended += 1

    def _counted(self, session_id: str, stats: SessionStats) -> Counts[Counted]:
        """Its counters, none less than it was."""
        self._seen[session_id] = counts = counted(stats) | self._seen.get(session_id, Counts())
        return counts

    def collect(self) -> Iterator[Metric]:
        """The families, with the values of now."""
        running = {session.id: session.stats() for session in self._sessions}
        yield _sessions_by_state(running.values())
        ended = CounterMetricFamily("changebg_sessions_ended", "Sessions that have ended.")
        ended.add_metric((), self._ended)
        yield ended
        ready = GaugeMetricFamily("changebg_ready", "Whether a call could be taken now.")
        ready.add_metric((), float(self._sessions.ready))
        yield ready
        yield _legs_by_kind(running.values())
        yield _worst_latency(running.values())
        yield _worst_quality(running.values())
        yield _sessions_by_pace(running.values())
        yield _sessions_by_background(self._sessions)
        yield from self._counters(running)

    def _counters(self, running: Mapping[str, SessionStats]) -> Iterator[Metric]:
        sums = Counts(self._retired)
        for session_id, stats in running.items():
            sums.update(self._counted(session_id, stats))
        for name, (documentation, label) in COUNTERS.items():
            family = CounterMetricFamily(name, documentation, labels=(label,) if label else ())
            for (counted_name, value), amount in sorted(sums.items()):
                if counted_name == name:
                    family.add_metric((value,) if label else (), amount)
            if label is None and not family.samples:
                family.add_metric((), 0)
            yield family


def _sessions_by_state(running: Iterable[SessionStats]) -> Metric:
    states = Counts(stats.state for stats in running)
    family = GaugeMetricFamily("changebg_sessions", "Sessions there are, by state.", labels=("state",))
    for state in STATES:
        family.add_metric((state,), states[state])
    return family


def _legs_by_kind(running: Iterable[SessionStats]) -> Metric:
    kinds = Counts(leg.kind for stats in running for leg in stats.legs)
    family = GaugeMetricFamily("changebg_legs", "Ends of sessions, by kind.", labels=("kind",))
    for kind in ("webrtc", "rtp", "file"):
        family.add_metric((kind,), kinds[kind])
    return family


def _worst_latency(running: Iterable[SessionStats]) -> Metric:
    """Of the worst leg: percentiles of different calls cannot be added up, and it is the worst that someone suffers."""
    outs = [leg.video_out for stats in running for leg in stats.legs if leg.video_out is not None]
    family = GaugeMetricFamily(
        "changebg_worst_latency_seconds",
        "From a frame's last packet in to its last packet out, of the worst leg.",
        labels=("quantile",),
    )
    family.add_metric(("0.5",), max((out.latency_p50 or 0.0 for out in outs), default=0.0))
    family.add_metric(("0.95",), max((out.latency_p95 or 0.0 for out in outs), default=0.0))
    return family


def _worst_quality(running: Iterable[SessionStats]) -> Metric:
    """Of the session that looks worst; none where nothing is matted."""
    medians = [stats.matting.quality.p50 for stats in running if stats.matting.quality is not None]
    family = GaugeMetricFamily(
        "changebg_worst_quality", "How good the mattes look, 0 to 1: the median as of late, of the worst session."
    )
    if medians:
        family.add_metric((), min(medians))
    return family


def _sessions_by_pace(running: Iterable[SessionStats]) -> Metric:
    paces = Counts(stats.matting.inference_every for stats in running)
    family = GaugeMetricFamily(
        "changebg_sessions_inference_every",
        "Sessions whose network looks at one picture in so many.",
        labels=("every",),
    )
    for every in range(1, SLOWEST_PACE + 1):
        family.add_metric((str(every),), paces[every])
    return family


def _sessions_by_background(sessions: Iterable[Session]) -> Metric:
    kinds: Counts[str] = Counts(session.effect.background.kind for session in sessions)
    family = GaugeMetricFamily(
        "changebg_sessions_background", "Sessions by what stands behind the person.", labels=("kind",)
    )
    for kind in BACKGROUND_KINDS:
        family.add_metric((kind,), kinds[kind])
    return family
