"""Nothing but a TURN server between us and the far end: our own sockets are left out."""

from __future__ import annotations

import asyncio
import re
from pathlib import Path

import pytest

from gateway.serving import IceServer, IceSettings
from tests.far_browser import far_browser
from tests.peers.coturn import SECRET, turn_server
from tests.test_webrtc_peer import Call, Tape, rtp_packet

NOT_OURS = "198.51.100.1"
"""TEST-NET-2: no socket can be opened on it, so that only the relayed candidate is left."""


@pytest.mark.parametrize("transport", ["udp", "tcp"])
async def test_media_goes_through_a_turn_server(tmp_path: Path, transport: str) -> None:
    async with turn_server(tmp_path) as port, far_browser() as far:
        server = IceServer(f"turn:127.0.0.1:{port}?transport={transport}", secret=SECRET)
        call = Call(await far.offer(), IceSettings(servers=(server,), interfaces=(NOT_OURS,)))
        answer = await call.answer()
        assert re.findall(r"a=candidate:\S+ 1 udp \d+ 127\.0\.0\.1 \d+ typ (\w+) raddr", answer) == ["relay"]
        await far.take(answer)
        await call.until("connected")
        await far.connected()
        far.keep_packets()
        tape = Tape()
        wire = call.peer.endpoint(tape, call.media("video_in"), lambda event: None)
        there, back = rtp_packet(call, "video_in", 1), rtp_packet(call, "video_out", 2)
        await far.send(there)
        assert (await tape.came.get())[0] == there
        tape.to_send.append(back)
        wire.flush()
        assert await far.packets.get() == back
        local = next(entry for entry in call.peer.stats() if entry["type"] == "local-candidate")
        assert local["candidateType"] == "relay"
        await call.peer.aclose()
        assert call.running
        await call.running


async def test_a_turn_server_that_is_gone_holds_up_no_end(tmp_path: Path) -> None:
    async with far_browser() as far:
        async with turn_server(tmp_path) as port:
            server = IceServer(f"turn:127.0.0.1:{port}?transport=udp", secret=SECRET)
            call = Call(await far.offer(), IceSettings(servers=(server,), interfaces=(NOT_OURS,)))
            await call.answer()
        before = asyncio.get_running_loop().time()
        await call.peer.aclose()
        assert call.running
        await call.running
        assert asyncio.get_running_loop().time() - before < 3
        assert len(asyncio.all_tasks()) <= 3  # the far end's own
