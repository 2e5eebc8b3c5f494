"""A real browser behind a bad link: another host, whose cable loses packets or is narrow.

How good it is `python -m tests.benchmarks.browser --link loss|narrow` measures, on a machine with nothing else to do;
here the limits are those of a busy one.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from tests.browser.camera import FakeCamera
from tests.browser.chromium import Tab, chromium
from tests.browser.conftest import TOKEN
from tests.browser.serving import changebg_serve
from tests.peers.far_host import FarHost, far_host

LOSS, NARROW = 0.03, 500_000
STILL = 1.0
"""Seconds: a key frame that was never asked for, or was lost, costs three."""


@asynccontextmanager
async def calling(host: FarHost, camera: FakeCamera, codec: str) -> AsyncIterator[Tab]:
    """A call of a browser on that host, its `call` watched."""
    options = ("--host", host.near, "--interface", host.near, "--token", TOKEN, "--preset", "ultrafast")
    async with changebg_serve(*options, "--drain", "0") as served:
        trusted = f"--unsafely-treat-insecure-origin-as-secure={served.url.rstrip('/')}"
        async with chromium(camera, trusted, loopback=False, host=host) as browser:
            tab = await browser.open(served.url, bypass_csp=True)
            how = {
                "codec": codec,
                "camera": {"width": 640, "height": 360},
                "headers": {"authorization": f"Bearer {TOKEN}"},
            }
            await tab.run("harness.offer('call', how)", how=how)
            yield tab
            await tab.run("harness.hangUp('call')")


async def until_second(tab: Tab, seconds: float) -> None:
    """Wait until the call has gone on for so long."""
    begun = "performance.now() - harness.calls.get('call').posted"
    await tab.until(f"{begun} > 1000 * seconds", within=seconds + 30, seconds=seconds)


async def rates(tab: Tab, *, since: float) -> tuple[float, float]:
    """Bits per second sent and received, from so many seconds of the call on."""
    samples = await tab.statistics("call")
    first, last = next(one for one in samples if one["at"] > samples[0]["at"] + 1000 * since), samples[-1]
    seconds = (last["at"] - first["at"]) / 1000
    sent = last["outbound"]["bytesSent"] - first["outbound"]["bytesSent"]
    return 8 * sent / seconds, 8 * (last["inbound"]["bytesReceived"] - first["inbound"]["bytesReceived"]) / seconds


@pytest.mark.parametrize("codec", ["VP8", "H264"])
async def test_lost_packets_are_asked_for_and_nothing_stands_still(camera: FakeCamera, codec: str) -> None:
    with far_host() as host:
        host.lose(LOSS)
        async with calling(host, camera, codec) as tab:
            await until_second(tab, 6)
            way = await tab.way_back("call")
            samples = await tab.statistics("call")
    asked = [samples[-1][which].get("nackCount", 0) for which in ("outbound", "inbound")]
    print(way, f"{asked} requests for lost packets, received and sent")
    assert way.longest_freeze < STILL
    assert way.unreadable == 0
    assert sum(asked) > 0


@pytest.mark.parametrize("codec", ["VP8", "H264"])
async def test_on_a_narrow_link_nothing_stands_still_and_the_rate_settles_below_it(
    camera: FakeCamera, codec: str
) -> None:
    with far_host() as host:
        host.narrow(NARROW)
        async with calling(host, camera, codec) as tab:
            await until_second(tab, 8)
            way = await tab.way_back("call")
            sent, received = await rates(tab, since=5)
    print(way, f"sent {sent / 1000:.0f} received {received / 1000:.0f} kbit/s")
    assert way.longest_freeze < STILL
    assert way.unreadable == 0
    assert 0.3 * NARROW < sent < NARROW
    assert 0.3 * NARROW < received < NARROW
