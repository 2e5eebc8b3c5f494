"""A call through the relay: a link into it, the relay's process, a link out of it.

```
sender -> way_in -> relay -> way_out [-> a receiver]
```
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Self

from gateway.rtp.packet import RtpPacket
from gateway.rtp.payload.annex_b import byte_stream
from gateway.rtp.sdp import parse, video_input
from tests.peers.impairment import Impairment
from tests.peers.link import Link, Passed, free_port
from tests.peers.received import CodedFrame, SeenFrame, coded_frames, seen_frames
from tests.peers.relay import Relay

BACKGROUND = "3f7f3f"
"""A plain green as far from the caller as from her screen."""
OPTIONS = ("--preset", "ultrafast")
"""Of every relay here, for two cores have to do both ends as well."""


class Call:
    """Use it as an `async with` block; once entered, the relay listens on `relay_port`.

    `describe` gives its input's SDP for a port. What it records is still there when the block has been left.
    """

    def __init__(
        self,
        describe: Callable[[int], str],
        directory: Path,
        *options: str,
        color: str = "2a6a84",
        forward: Impairment | None = None,
        backward: Impairment | None = None,
    ) -> None:
        self.relay_port = free_port()
        self._description = directory / f"in-{self.relay_port}.sdp"
        self._description.write_text(describe(self.relay_port))
        self._stack = AsyncExitStack()
        self._options = (*OPTIONS, *options)
        self._color = color
        self.way_in = Link(self.relay_port, forward=forward, backward=backward)
        self.way_out = Link()

    async def __aenter__(self) -> Self:
        async with AsyncExitStack() as stack:
            stack.enter_context(self.way_in)
            stack.enter_context(self.way_out)
            background = f"color:{BACKGROUND}"
            relay = Relay(
                self._description, self.way_out.port, *self._options, background=background, color=self._color
            )
            self.relay = await stack.enter_async_context(relay)
            self._stack = stack.pop_all()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._stack.aclose()

    async def frames_out(self, count: int, *, within: float = 10.0) -> None:
        """Wait until so many frames have left the relay whole."""
        await self.way_out.watch.until(
            lambda: markers(self.way_out) >= count, f"{count} frames out of the relay", within=within
        )

    async def last_frame_out(self, *, within: float = 5.0) -> None:
        """Wait until the frame that went in last has come out: by its time, for others may have been lost."""
        await self.way_out.watch.until(self._has_caught_up, "last frame out of the relay", within=within)

    async def quiet(self, *, seconds: float = 0.3) -> None:
        """Wait until nothing has come out for so long: the silence between two sources, and what was on its way."""
        count = -1
        while count != len(self.way_out.arrived):
            count = len(self.way_out.arrived)
            await asyncio.sleep(seconds)

    def _has_caught_up(self) -> bool:
        if not self.way_out.arrived:
            return False
        elapsed_in, elapsed_out = _elapsed(self.way_in.left), _elapsed(self.way_out.arrived)
        return elapsed_out >= elapsed_in and bool(self.way_out.arrived[-1].data[1] >> 7)

    def sent(self, codec: str = "H264") -> list[SeenFrame]:
        """The frames on their way to the relay, decoded, before anything was lost."""
        sets = byte_stream(video_input(parse(self._description.read_text())).parameter_sets)
        return list(seen_frames(coded_frames(self.way_in.arrived, codec), codec, parameter_sets=sets))

    def received(self, codec: str = "H264") -> list[CodedFrame]:
        """The frames that came out of the relay."""
        return coded_frames(self.way_out.arrived, codec)

    def seen(self, codec: str = "H264") -> list[SeenFrame]:
        """Those, decoded."""
        return list(seen_frames(self.received(codec), codec))

    def latencies(self) -> list[float]:
        """Seconds from a frame's last packet in to its last packet out, in the order of the frames out."""
        came = {frame.timestamp: frame.last_at for frame in coded_frames(self.way_in.left)}
        sent = {seen.number: seen.coded.timestamp for seen in self.sent()}
        return [(seen.coded.last_at - came[sent[seen.number]]) / 1e9 for seen in self.seen()]


def markers(link: Link) -> int:
    """How many frames have arrived, by the marker bit of their last packet."""
    return sum(passed.data[1] >> 7 for passed in link.arrived)


def _elapsed(packets: list[Passed]) -> int:
    """RTP time from the first packet to the last."""
    first, last = RtpPacket.parse(packets[0].data), RtpPacket.parse(packets[-1].data)
    return (last.timestamp - first.timestamp) & 0xFFFFFFFF
