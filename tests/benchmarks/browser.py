"""A Chromium that calls and sees itself again, counted by the numbers burnt into its camera's frames.

python -m tests.benchmarks.browser [--codecs VP8 H264] [--height 720] [--seconds 15] [--link clean|loss|narrow]
                                   [--runs 1] [--naive PYTHON] [--quality balanced]

Each run measures, one after another in one browser: changebg; on a clean link also libwebrtc alone, a second connection
in the page that sends back what it gets; and with --naive the server a newcomer writes (`tests.peers.naive_server`), by
an interpreter that has opencv-python-headless. What is counted: frames from the first that can be read, while Chromium
says that nothing limits what it sends; latency from a frame's leaving the camera to its coming back; the server's
processor time for each frame that came back. `loss`: 3 % of the packets, each way; `narrow`: 500 kbit/s, each way; both
with the browser on another host of its own.
"""

from __future__ import annotations

import argparse
import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from tests.browser.blank import blank_page
from tests.browser.camera import HD, FakeCamera, fake_camera
from tests.browser.chromium import Tab, chromium
from tests.browser.frame_log import WayBack
from tests.browser.serving import changebg_serve
from tests.peers.far_host import FarHost, far_host
from tests.peers.link import free_port
from tests.peers.process import ChildProcess
from transforms.picture import Size

SETTLING = 3.0
"""Seconds of a call in which Chromium feels for the link; counted apart."""
LOSS = 0.03
NARROW = 500_000
"""Bits per second."""
TOKEN = "benchmark"


@dataclass(frozen=True, slots=True)
class Server:
    """`page`: an address to call from; `offer`: where the offer goes. `process` is None where there is none."""

    name: str
    page: str
    offer: str
    process: ChildProcess | None
    headers: dict[str, str]


@dataclass(frozen=True, slots=True)
class Call:
    """What one call came to. `first`: seconds from the offer to its first frame; `cpu`: seconds of the server."""

    way: WayBack
    settled: WayBack
    first: float
    cpu: float
    frames: int
    samples: list[dict[str, Any]]

    @property
    def limits(self) -> str:
        """What Chromium says kept it from sending more, and the heights that it sent."""
        reasons = {sample["outbound"].get("qualityLimitationReason", "?") for sample in self.samples}
        heights = {sample["outbound"].get("frameHeight") for sample in self.samples} - {None}
        return f"{'/'.join(sorted(reasons))} {'/'.join(map(str, sorted(heights)))}"

    @property
    def bitrates(self) -> str:
        """Kilobits per second, sent and received, of each second."""
        each = [self.samples[index : index + 5] for index in range(0, len(self.samples) - 4, 4)]
        sent = [_rate(one, "outbound", "bytesSent") for one in each]
        received = [_rate(one, "inbound", "bytesReceived") for one in each]
        return f"sent {sent} received {received} kbit/s"


async def measure(tab: Tab, server: Server | None, *, codec: str, camera: FakeCamera, seconds: float) -> Call:
    """One call; no server: libwebrtc alone."""
    how = {"codec": codec, "camera": {"width": camera.size.width, "height": camera.size.height, "audio": False}}
    if server is None:
        answer = await tab.run("harness.loopback('call', how)", how=how)
    else:
        how |= {"url": server.offer, "headers": server.headers}
        answer = await tab.run("harness.offer('call', how)", how=how)
    posted = answer["posted"] / 1000
    await tab.until_frames("call-back", 5, within=60)
    process = server.process if server else None
    before = process.cpu_seconds if process else 0.0
    seen = len(await tab.frames("call-back"))
    await asyncio.sleep(seconds)
    frames = await tab.frames("call-back")
    cpu = process.cpu_seconds - before if process else 0.0
    samples = await tab.statistics("call")
    first = next(frame.at for frame in frames if frame.number is not None)
    way, settled = await tab.way_back("call"), await tab.way_back("call", since=first + SETTLING)
    await tab.run("harness.hangUp('call')")
    return Call(way, settled, first - posted, cpu, len(frames) - seen, samples)


@asynccontextmanager
async def changebg(host: FarHost | None, quality: str, directory: Path) -> AsyncIterator[Server]:
    """Our server; on an address that another host reaches where there is one."""
    options = ["--drain", "0", "--quality", quality]
    headers = {}
    if host is not None:
        options += ["--host", host.near, "--interface", host.near, "--token", TOKEN]
        headers = {"authorization": f"Bearer {TOKEN}"}
    async with changebg_serve(*options) as served:
        yield Server(f"changebg {quality}", f"{served.url}", "/v1/offer", served.process, headers)


@asynccontextmanager
async def naive(python: str) -> AsyncIterator[Server]:
    """The newcomer's server, asked from an empty page of another origin."""
    port = free_port()
    command = [python, "-m", "tests.peers.naive_server", str(port)]
    async with ChildProcess(command) as process, blank_page() as page:
        await process.watch.until(lambda: str(port).encode() in process.output, "the naive server", within=30)
        yield Server("stock aiortc, OpenCV", page, f"http://127.0.0.1:{port}/offer", process, {})


@contextmanager
def link(kind: str) -> Iterator[FarHost | None]:
    """The browser's host where it is another than ours."""
    with ExitStack() as stack:
        host = None if kind == "clean" else stack.enter_context(far_host())
        if host is not None and kind == "loss":
            host.lose(LOSS)
        elif host is not None:
            host.narrow(NARROW)
        yield host


async def compare(words: argparse.Namespace, codec: str, directory: Path) -> None:
    """One run of all there is to compare."""
    camera = fake_camera(directory, HD if words.height == 720 else Size(words.height * 16 // 9, words.height))
    with link(words.link) as host:
        async with changebg(host, words.quality, directory) as server:
            trusted = [f"--unsafely-treat-insecure-origin-as-secure={server.page.rstrip('/')}"] if host else []
            async with chromium(camera, *trusted, loopback=host is None, host=host) as browser:
                tab = await browser.open(server.page, bypass_csp=True)
                tell(server.name, codec, await measure(tab, server, codec=codec, camera=camera, seconds=words.seconds))
    if words.link != "clean":
        return
    async with blank_page() as page, chromium(camera) as browser:
        tab = await browser.open(page)
        tell("libwebrtc alone", codec, await measure(tab, None, codec=codec, camera=camera, seconds=words.seconds))
    if words.naive:
        async with naive(words.naive) as server, chromium(camera, "--disable-web-security") as browser:
            tab = await browser.open(server.page)
            tell(server.name, codec, await measure(tab, server, codec=codec, camera=camera, seconds=words.seconds))


def tell(name: str, codec: str, call: Call) -> None:
    """Print a call."""
    per_frame = f", server {1000 * call.cpu / max(call.frames, 1):.2f} ms CPU a frame returned" if call.cpu else ""
    print(f"{codec} {name}: first composite {call.first:.2f} s{per_frame}; Chromium: {call.limits}")
    print(f"    all: {call.way}\n    after {SETTLING:g} s: {call.settled}\n    {call.bitrates}", flush=True)


def _rate(samples: list[dict[str, Any]], direction: str, counter: str) -> int:
    first, last = samples[0], samples[-1]
    octets: int = last[direction].get(counter, 0) - first[direction].get(counter, 0)
    return int(8 * octets / max(last["at"] - first["at"], 1))


def main() -> None:
    """Run and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--codecs", nargs="+", default=["VP8", "H264"])
    parser.add_argument("--height", type=int, choices=[360, 720], default=720)
    parser.add_argument("--seconds", type=float, default=15)
    parser.add_argument("--link", choices=["clean", "loss", "narrow"], default="clean")
    parser.add_argument("--runs", type=int, default=1)
    parser.add_argument("--naive", metavar="PYTHON")
    parser.add_argument("--quality", default="balanced")
    words = parser.parse_args()
    with TemporaryDirectory() as scratch:
        for _ in range(words.runs):
            for codec in words.codecs:
                asyncio.run(compare(words, codec, Path(scratch)))


if __name__ == "__main__":
    main()
