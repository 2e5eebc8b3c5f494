"""Debian's Chromium, driven by playwright: a fake camera, no network of its own, `harness` in every page.

```python
async with chromium(fake_camera(directory)) as browser:
    tab = await browser.open("http://127.0.0.1:8080/")
    await tab.run("harness.offer('call', {codec: 'VP8', body: {effect}})", effect={...})
    await tab.until_frames("call-back", 300)
    print(await tab.way_back("call"))
```
"""

from __future__ import annotations

import shlex
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from playwright.async_api import Browser, BrowserContext, ConsoleMessage, Page, async_playwright

from tests.browser.camera import FakeCamera
from tests.browser.frame_log import WatchedFrame, WayBack, way_back
from tests.peers.far_host import FarHost
from tests.peers.programs import require_program

HARNESS = Path(__file__).with_name("harness.js")
QUIET = (
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-domain-reliability",
    "--disable-sync",
    "--disable-quic",
    "--no-first-run",
    "--no-pings",
)
"""It opens no connection that the test does not ask for."""
UNATTENDED = (
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--no-proxy-server",
    "--autoplay-policy=no-user-gesture-required",
)
FAKE_MEDIA = ("--use-fake-ui-for-media-stream", "--use-fake-device-for-media-stream")
LOOPBACK = "--allow-loopback-in-peer-connection"
"""Candidates of 127.0.0.1 as well, so that a machine without a network runs the tests."""


class Tab:
    """A page of a test. `errors`: what its scripts threw and logged as errors, and from where."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.errors: list[str] = []
        page.on("pageerror", lambda error: self.errors.append(str(error)))
        page.on("console", self._note)

    def _note(self, message: ConsoleMessage) -> None:
        url = message.location.get("url", "")
        if message.type == "error" and not url.endswith("/favicon.ico"):  # browsers ask for one by themselves
            self.errors.append(f"{message.text} {url}")

    async def run(self, expression: str, **values: object) -> Any:
        """The value of a JavaScript expression, awaited; `values` are names in it."""
        names = ", ".join(values)
        return await self.page.evaluate(f"async ({{{names}}}) => ({expression})", values)

    async def until(self, expression: str, *, within: float = 10.0, **values: object) -> Any:
        """Wait until a JavaScript expression is true; its value. playwright's own waiting is against a strict CSP."""
        names = ", ".join(values)
        look = f"""async ([{{{names}}}, until]) => {{
            for (;;) {{
                const value = ({expression});
                if (value || Date.now() > until) return value;
                await new Promise((resolve) => setTimeout(resolve, 50));
            }}
        }}"""
        value = await self.page.evaluate(look, [values, 1000 * (time.time() + within)])
        assert value, f"not within {within:g} s: {expression}; errors: {self.errors}"
        return value

    async def until_frames(self, name: str, count: int, *, within: float = 30.0) -> None:
        """Wait until so many frames with a number have been watched under a name."""
        read = "harness.frames(name).filter((one) => one.number !== null && !one.error).length"
        await self.until(f"{read} >= count", within=within, name=name, count=count)

    async def frames(self, name: str) -> list[WatchedFrame]:
        """What has been watched under a name so far."""
        return [WatchedFrame.of(noted) for noted in await self.run("harness.frames(name)", name=name)]

    async def statistics(self, name: str) -> list[dict[str, Any]]:
        """The webrtc-stats measured under a name: `at` (milliseconds), `outbound`, `inbound`, `pair`."""
        samples: list[dict[str, Any]] = await self.run("harness.statistics(name)", name=name)
        return samples

    async def way_back(self, name: str, *, since: float = 0.0) -> WayBack:
        """What became of a call's frames, from `since` seconds of the page's clock on."""
        return way_back(await self.frames(f"{name}-sent"), await self.frames(f"{name}-back"), since=since)

    async def picture(self, path: Path) -> Path:
        """The page as it looks, all of it, as PNG."""
        await self.page.screenshot(path=path, full_page=True)
        return path


class Chromium:
    """A running browser. Each tab has a context, so cookies and storage, of its own."""

    def __init__(self, browser: Browser) -> None:
        self.browser = browser

    async def open(self, url: str = "about:blank", **context: Any) -> Tab:
        """A tab at this address; `context`: playwright's options, such as viewport, color_scheme, locale."""
        made: BrowserContext = await self.browser.new_context(**context)
        await made.add_init_script(path=HARNESS)
        tab = Tab(await made.new_page())
        if url != "about:blank":
            await tab.page.goto(url)
        return tab


@asynccontextmanager
async def chromium(
    camera: FakeCamera | None = None, *arguments: str, loopback: bool = True, host: FarHost | None = None
) -> AsyncIterator[Chromium]:
    """A browser for as long as the block lasts; without `camera` its own test pattern. Skips where there is none.

    `host`: where it runs, if not here.
    """
    executable = require_program("chromium", package="chromium")
    shown = [f"--use-file-for-fake-video-capture={camera.path}"] if camera else []
    flags = [*UNATTENDED, *QUIET, *FAKE_MEDIA, *shown, *([LOOPBACK] if loopback else []), *arguments]
    with TemporaryDirectory() as scratch:
        if host is not None:
            executable = str(_run_there(host, executable, Path(scratch)))
        async with async_playwright() as playwright:
            browser = await playwright.chromium.launch(executable_path=executable, args=flags, handle_sigint=False)
            try:
                yield Chromium(browser)
            finally:
                await browser.close()


def _run_there(host: FarHost, executable: str, directory: Path) -> Path:
    """A program that runs `executable` on another host: playwright wants a file to start."""
    script = directory / "chromium"
    script.write_text(f'#!/bin/sh\nexec {shlex.join(host.inside)} {shlex.quote(executable)} "$@"\n')
    script.chmod(0o755)
    return script
