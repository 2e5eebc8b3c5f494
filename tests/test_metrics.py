"""Figures for Prometheus: of sessions there are and were, of requests, of the loop; and the labels they may have."""

from __future__ import annotations

from pathlib import Path

from prometheus_client.parser import text_string_to_metric_families

from gateway.heartbeat import BEAT, Heartbeat
from tests.calls import callee
from tests.playing import made_session, playing, until_composite, with_media
from tests.serving import Served, problem, served

Samples = dict[tuple[str, frozenset[tuple[str, str]]], float]


async def _scraped(server: Served) -> tuple[str, Samples]:
    async with server.client.get("/metrics") as response:
        assert response.headers["Content-Type"] == "text/plain; version=0.0.4; charset=utf-8"
        text = await response.text()
    families = text_string_to_metric_families(text)
    samples = (sample for family in families for sample in family.samples)
    return text, {(sample.name, frozenset(sample.labels.items())): sample.value for sample in samples}


def _value(samples: Samples, name: str, **labels: str) -> float:
    return samples[name, frozenset(labels.items())]


async def test_sessions_are_counted_by_state_and_what_they_did_is_added_up(tmp_path: Path) -> None:
    async with playing(tmp_path) as (server, path):
        _, running = await _scraped(server)
        assert _value(running, "changebg_sessions", state="live") == 1
        assert _value(running, "changebg_legs", kind="file") == 1
        shown = _value(running, "changebg_frames_shown_total", shown="composite")
        assert shown >= 1
        assert 0 < _value(running, "changebg_worst_quality") <= 1
        async with server.client.get(f"{path}/stats") as response:
            pipeline = (await response.json())["pipeline"]
        assert 0 < pipeline["quality"]["p05"] <= pipeline["quality"]["p50"] <= 1
        assert pipeline.get("inference_every") is None  # a screen is keyed without a network
        async with server.client.delete(path) as response:
            assert response.status == 204
        _, ended = await _scraped(server)
    assert _value(ended, "changebg_sessions", state="live") == 0
    assert _value(ended, "changebg_sessions_ended_total") == 1
    assert _value(ended, "changebg_sessions_inference_every", every="2") == 0
    assert _value(running, "changebg_sessions_background", kind="color") == 1
    assert _value(ended, "changebg_sessions_background", kind="color") == 0
    assert _value(ended, "changebg_background_failures_total") == 0
    assert _value(ended, "changebg_frames_shown_total", shown="composite") >= shown


async def test_counters_never_fall_as_sessions_come_and_go(tmp_path: Path) -> None:
    async with with_media(tmp_path) as server:
        before: Samples = {}
        for _ in range(2):
            made = await made_session(server)
            path = f"/v1/sessions/{made['id']}"
            await until_composite(server, path)
            for method in ("get", "delete"):
                _, after = await _scraped(server)
                counters = {key: value for key, value in before.items() if key[0].endswith("_total")}
                assert [key for key, value in counters.items() if after[key] < value] == []
                before = after
                async with server.client.request(method, path) as response:
                    assert response.status < 300


async def test_what_a_short_call_sent_is_counted_after_it(tmp_path: Path) -> None:
    async with with_media(tmp_path) as server, callee() as far_end:
        output = {"kind": "rtp", "url": f"rtp://127.0.0.1:{far_end.endpoint.port}", "payload_type": 97}
        made = await made_session(server, output=output)
        units = await far_end.receive(3)
        async with server.client.delete(f"/v1/sessions/{made['id']}") as response:
            assert response.status == 204
        _, samples = await _scraped(server)
    assert _value(samples, "changebg_frames_sent_total") >= len(units)
    assert _value(samples, "changebg_rtp_packets_sent_total", media="video") >= len(units)
    assert _value(samples, "changebg_legs", kind="rtp") == 0


async def test_no_label_names_a_session_or_a_path(tmp_path: Path) -> None:
    async with playing(tmp_path, labels={"desk": "north-4"}) as (server, path):
        for url in ("/v1/sessions/somebody", "/nothing/at/all", "/v1/backgrounds/secret"):
            async with server.client.get(url) as response:
                await problem(response, 404)
        async with server.client.request("PROPFIND", "/v1/sessions") as response:
            await problem(response, 405)
        text, samples = await _scraped(server)
    unspoken = (path.rsplit("/", 1)[1], "somebody", "nothing", "secret", "north-4", "PROPFIND")
    assert [word for word in unspoken if word in text] == []
    requests = {"method": "GET", "status": "404"}
    assert _value(samples, "changebg_http_requests_total", route="/v1/sessions/{id}", **requests) == 1
    assert _value(samples, "changebg_http_requests_total", route="none", **requests) == 1
    assert _value(samples, "changebg_http_requests_total", method="other", route="none", status="405") == 1


async def test_the_process_and_the_loop_are_told_of(tmp_path: Path) -> None:
    async with served(tmp_path, takes_calls=False) as server:
        server.server.metrics.lagged(0.015)
        _, samples = await _scraped(server)
    assert _value(samples, "changebg_event_loop_lag_seconds_bucket", le="0.01") == 0
    assert _value(samples, "changebg_event_loop_lag_seconds_bucket", le="0.02") == 1
    assert _value(samples, "process_resident_memory_bytes") > 1e7
    assert _value(samples, "changebg_ready") == 0


async def test_a_server_that_is_not_warm_is_healthy_and_not_ready(tmp_path: Path) -> None:
    async with served(tmp_path, takes_calls=False) as server:
        async with server.client.get("/healthz") as response:
            assert (response.status, (await response.json())["status"]) == (200, "ok")
        async with server.client.get("/readyz") as response:
            assert "loaded" in (await problem(response, 503))["detail"]
            assert response.headers["Retry-After"] == "1"


async def test_a_warm_server_is_ready_until_it_drains(tmp_path: Path) -> None:
    async with served(tmp_path) as server:
        async with server.client.get("/readyz") as response:
            assert (await response.json()) == {"status": "ready", "sessions": 0}
        await server.server.sessions.drain(0)
        async with server.client.get("/readyz") as response:
            assert "going down" in (await problem(response, 503))["detail"]
        async with server.client.get("/healthz") as response:
            assert response.status == 200


async def test_health_is_everybodys_to_ask_and_figures_are_not(tmp_path: Path) -> None:
    async with served(tmp_path, tokens={"guest": "watch"}, takes_calls=False) as server:
        for url, status in [
            ("/healthz", 200),
            ("/readyz", 503),
            ("/openapi.json", 200),
            ("/v1/catalog", 401),
            ("/metrics", 401),
        ]:
            async with server.client.get(url) as response:
                assert response.status == status, url
        async with server.client.get("/metrics", headers={"Authorization": "Bearer guest"}) as response:
            assert response.status == 200


def test_percentiles_of_the_last_minute() -> None:
    heard: list[float] = []
    heartbeat = Heartbeat(on_lag=heard.append)
    assert heartbeat.percentile(0.5) is None
    for _ in range(600):
        heartbeat.beat(1.0)
    for number in range(600):
        heartbeat.beat(number / 1000)
    assert (heartbeat.percentile(0.5), heartbeat.percentile(0.99), heartbeat.percentile(1)) == (0.299, 0.593, 0.599)
    heartbeat.beat(-BEAT)
    assert heard[-1] == 0
