"""A phone that goes from one network to another in the middle of a call: its address is another from now on."""

from __future__ import annotations

import time

from tests.browser.camera import FakeCamera
from tests.browser.chromium import chromium
from tests.browser.conftest import TOKEN
from tests.browser.frame_log import is_same_key
from tests.browser.serving import changebg_serve
from tests.peers.far_host import far_host

CONNECT = """import('/call.js').then(({connect}) => harness.camera({width: 640, height: 360}).then(
    (stream) => connect({server: location.origin, token, stream, effect}))).then((call) => {
        globalThis.call = call;
        globalThis.states = [];
        call.events.addEventListener('state', ({detail}) => states.push(detail.state));
        const made = call.stream.getVideoTracks()[0];
        harness.watch('back', made);
        return call.session;
    })"""
EFFECT = {"matting": {"kind": "chroma"}, "background": {"kind": "color", "color": "f0f0f0"}}
KEY = "call.stats().then(({server}) => server.pipeline.key_color)"


async def test_a_call_goes_on_from_another_address_with_its_key(camera: FakeCamera) -> None:
    with far_host() as host:
        options = ("--host", host.near, "--interface", host.near, "--token", TOKEN, "--preset", "ultrafast")
        async with changebg_serve(*options, "--drain", "0") as served:
            trusted = f"--unsafely-treat-insecure-origin-as-secure={served.url.rstrip('/')}"
            async with chromium(camera, trusted, loopback=False, host=host) as browser:
                tab = await browser.open(served.url, bypass_csp=True)
                session = await tab.run(CONNECT, token=TOKEN, effect=EFFECT)
                await tab.until_frames("back", 30)
                key = await tab.run(KEY)
                moved = time.monotonic()
                host.move()
                await tab.until("states.join() === 'reconnecting,connected'", within=30)
                await tab.run("harness.watch('again', call.stream.getVideoTracks()[0])")
                await tab.until_frames("again", 10)
                print(f"in the picture again {time.monotonic() - moved:.1f} s after the move")
                assert await tab.run("call.session") == session
                assert is_same_key(await tab.run(KEY), key)
                frames = await tab.frames("again")
                assert all(corner[0] > 200 for frame in frames for corner in frame.corners)
                await tab.run("call.close()")
