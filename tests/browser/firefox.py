"""Debian's Firefox, driven by its own protocol (Marionette): a camera and a microphone of its making, no network.

```python
async with firefox() as tab:
    await tab.open("http://127.0.0.1:8080/")
    print(await tab.run("return document.title"))
```
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from tests.peers.link import free_port
from tests.peers.process import ChildProcess
from tests.peers.programs import require_program

STARTING = 60.0
"""Seconds; a new profile on a busy machine takes ten."""
PREFERENCES: dict[str, object] = {
    "media.navigator.streams.fake": True,
    "media.navigator.permission.disabled": True,
    "media.peerconnection.ice.loopback": True,
    "media.autoplay.default": 0,
    "media.gmp-manager.url": "",
    "app.update.enabled": False,
    "browser.shell.checkDefaultBrowser": False,
    "datareporting.policy.dataSubmissionEnabled": False,
    "toolkit.telemetry.enabled": False,
    "network.captive-portal-service.enabled": False,
    "network.connectivity-service.enabled": False,
}


class FirefoxTab:
    """The one tab of a Firefox."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer
        self._commands = 0

    async def open(self, url: str) -> None:
        """Go there."""
        await self.command("WebDriver:Navigate", url=url)

    async def run(self, script: str, *arguments: object) -> Any:
        """What the body of an async function returns; `arguments` are its `arguments`."""
        wrapped = f"""const done = arguments[arguments.length - 1];
            (async function () {{ {script} }}).apply(null, arguments).then(
                (value) => done([true, value ?? null]), (error) => done([false, String(error)]));"""
        answer = await self.command("WebDriver:ExecuteAsyncScript", script=wrapped, args=list(arguments))
        is_well, value = answer["value"]
        assert is_well, value
        return value

    async def command(self, name: str, **parameters: object) -> Any:
        """One of Marionette's commands."""
        self._commands += 1
        message = json.dumps([0, self._commands, name, parameters]).encode()
        self._writer.write(b"%d:%s" % (len(message), message))
        _, number, error, result = await self.heard()
        assert number == self._commands
        assert error is None, error
        return result

    async def heard(self) -> Any:
        """The next message."""
        length = await self._reader.readuntil(b":")
        return json.loads(await self._reader.readexactly(int(length[:-1])))


@asynccontextmanager
async def firefox() -> AsyncIterator[FirefoxTab]:
    """A browser for as long as the block lasts. Skips where there is none."""
    executable = require_program("firefox-esr", package="firefox-esr")
    port = free_port()
    with TemporaryDirectory() as profile:
        _write_preferences(Path(profile), port)
        command = [executable, "--headless", "--no-remote", "--marionette", "--profile", profile]
        async with ChildProcess(command, environ={"HOME": profile, "MOZ_HEADLESS": "1"}) as process:
            reader, writer = await _connection(port, process)
            tab = FirefoxTab(reader, writer)
            await tab.heard()  # who it is
            await tab.command("WebDriver:NewSession")
            await tab.command("WebDriver:SetTimeouts", script=int(STARTING * 1000))
            try:
                yield tab
            finally:
                writer.close()


def _write_preferences(profile: Path, port: int) -> None:
    wanted = PREFERENCES | {"marionette.port": port}
    lines = "".join(f"user_pref({json.dumps(name)}, {json.dumps(value)});\n" for name, value in wanted.items())
    (profile / "user.js").write_text(lines)


async def _connection(port: int, process: ChildProcess) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    """To a Firefox that is starting: it says nowhere that it listens."""
    async with asyncio.timeout(STARTING):
        while True:
            try:
                return await asyncio.open_connection("127.0.0.1", port)
            except OSError:
                assert process.process.returncode is None, process.said
                await asyncio.sleep(0.1)
