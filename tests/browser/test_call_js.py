"""/call.js as other people use it: from a page of theirs, on another origin."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import aiohttp
import pytest

from tests.browser.blank import blank_page
from tests.browser.camera import FakeCamera
from tests.browser.chromium import Tab, chromium
from tests.browser.conftest import Host

README = Path(__file__).parents[2] / "README.md"
GREEN = "00ff00"
NEAR_GREEN = "frames.at(-1)?.corners?.every(([y, cb, cr]) => cb < 80 && cr < 80)"
"""BT.601's pure green is Cb 54, Cr 34; no screen and no room of these tests is near it."""
CONNECT = """import(`${server}call.js`).then(({ connect }) => harness.camera({ width: 640, height: 360 }).then(
    (stream) => connect({ token, stream, labels: { name: 'test' }, ...more }))).then((call) => {
        globalThis.call = call;
        globalThis.told = [];
        for (const type of ['state', 'effect.changed', 'restarted']) {
            call.events.addEventListener(type, ({ detail }) => told.push([type, detail]));
        }
        harness.watch('back', call.stream.getVideoTracks()[0]);
        return [call.session, call.token, call.state];
    })"""


@asynccontextmanager
async def foreign_tab(host: Host, camera: FakeCamera) -> AsyncIterator[Tab]:
    """A page of somebody else's."""
    async with blank_page(port=host.other_port) as url, chromium(camera) as browser:
        yield await browser.open(url)


async def connect(tab: Tab, host: Host, **more: object) -> list[str]:
    """A call of the page's, as `call`; what comes back is watched as `back`. Its id, token and state."""
    made: list[str] = await tab.run(CONNECT, server=host.url, token=host.token, more=more)
    return made


async def sessions(host: Host) -> dict[str, dict[str, object]]:
    headers = {"Authorization": f"Bearer {host.token}"}
    async with aiohttp.ClientSession(host.url, headers=headers) as client, client.get("v1/sessions") as response:
        return {session["id"]: session for session in (await response.json())["sessions"]}


async def test_a_call_is_made_changed_looked_at_and_ended(host: Host, camera: FakeCamera) -> None:
    async with foreign_tab(host, camera) as tab:
        background = {"kind": "color", "color": "808080"}
        session, token, state = await connect(tab, host, effect={"background": background})
        assert state == "connected"
        assert token
        await tab.until_frames("back", 20)
        assert session in await sessions(host)
        updated = await tab.run(
            "call.update({background: {kind: 'color', color}})"
            ".then(({ effect, etag }) => [effect.background.color, etag])",
            color=GREEN,
        )
        assert updated[0] == GREEN
        assert updated[1].startswith('"')
        await tab.until(f"((frames) => {NEAR_GREEN})(harness.frames('back'))")
        await tab.until("told.some(([type]) => type === 'effect.changed')")
        stats = await tab.run(
            "call.stats().then(({server, peer}) => [server.pipeline.frames_out, [...peer.keys()].length])"
        )
        assert min(stats) > 0
        await tab.run("call.close()")
        assert session not in await sessions(host)
        assert tab.errors == []


async def test_a_connection_that_fails_comes_back_into_the_same_session(host: Host, camera: FakeCamera) -> None:
    async with foreign_tab(host, camera) as tab:
        # The page keeps hold of what call.js connects with, to tell it that ICE failed.
        await tab.run(
            "(globalThis.made = [], globalThis.RTCPeerConnection = class extends RTCPeerConnection {"
            "constructor(...all) { super(...all); made.push(this); } }, true)"
        )
        session, *_ = await connect(tab, host, effect={"background": {"kind": "color", "color": GREEN}})
        await tab.until_frames("back", 10)
        frames = await tab.run("call.stats().then(({server}) => server.pipeline.frames_out)")
        await tab.run(
            "(Object.defineProperty(made[0], 'connectionState', {get: () => 'failed'}),"
            "made[0].dispatchEvent(new Event('connectionstatechange')))"
        )
        await tab.until("made.length === 2 && call.state === 'connected'")
        await tab.run("harness.watch('again', call.stream.getVideoTracks()[0])")
        await tab.until_frames("again", 10)
        assert await tab.run("call.session") == session
        assert await tab.run("[...told].map(([type, detail]) => detail.state)") == ["reconnecting", "connected"]
        # The pipeline is the one there was, with its key: it counts on.
        assert await tab.run("call.stats().then(({server}) => server.pipeline.frames_out)") >= frames + 10
        assert await tab.run("made[0].signalingState") == "closed"
        await tab.run("call.close()")


async def test_another_page_watches_and_leaves_the_call_alone(host: Host, camera: FakeCamera) -> None:
    async with foreign_tab(host, camera) as tab:
        session, *_ = await connect(tab, host, effect={"background": {"kind": "color", "color": GREEN}})
        await tab.until_frames("back", 10)
        watch = "import(`${server}call.js`).then(({connect}) => connect({token, watch: session}))"
        watch += ".then((call) => { globalThis.other = call; harness.watch('seen', call.stream.getVideoTracks()[0]); })"
        await tab.run(watch, server=host.url, token=host.token, session=session)
        await tab.until_frames("seen", 10)
        assert await tab.run(f"((frames) => {NEAR_GREEN})(harness.frames('seen'))")
        await tab.run("other.close()")
        assert (await sessions(host))[session]["state"] == "live"
        await tab.run("call.close()")


async def test_a_refusal_is_a_sentence(host: Host, camera: FakeCamera) -> None:
    async with foreign_tab(host, camera) as tab:
        refused = "import(`${server}call.js`).then(({connect}) => connect({token, watch: 'nobody'}))"
        refused += ".catch((error) => [error.name, error.status, error.message])"
        name, status, message = await tab.run(refused, server=host.url, token=host.token)
        assert (name, status) == ("Problem", 404)
        assert "nobody" in message
        assert (await tab.run(refused, server=host.url, token="wrong"))[1] == 401


async def test_the_readmes_lines_make_a_call(host: Host, camera: FakeCamera) -> None:
    blocks = re.findall(r"^```(?:html|js)\n(.*?)^```", README.read_text(), re.MULTILINE | re.DOTALL)
    block = next((block for block in blocks if "call.js" in block), None)
    if block is None:
        pytest.fail("the README shows no use of call.js")
    lines = re.sub(r"https://changebg\.example/", host.url, block).replace("YOUR TOKEN", host.token)
    async with blank_page(lines, port=host.other_port) as url, chromium(camera) as browser:
        tab = await browser.open(url)
        await tab.until("document.querySelector('video')?.videoWidth > 0", within=20)
        await tab.run("harness.watch('back', document.querySelector('video').srcObject.getVideoTracks()[0])")
        await tab.until_frames("back", 5)
        assert tab.errors == []
