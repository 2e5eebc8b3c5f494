"""Other people's WHIP and WHEP clients, as they come: the npm package whip-whep on libwebrtc, and FFmpeg's muxer."""

from __future__ import annotations

import asyncio
import datetime
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import av
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from tests.peers.npm import NodePeer
from tests.peers.process import ChildProcess
from tests.serving import Served, served

MAGENTA = {"background": {"kind": "color", "color": "ff00ff"}}
"""Behind whoever stands before a screen. As BT.601 studio levels: 107, 202, 222."""
TOKENS = {"may-publish": "publish", "may-watch": "watch", "may-control": "control,watch"}
PUBLISHER, WATCHER, OPERATOR = TOKENS


@pytest.fixture
async def there(tmp_path: Path) -> AsyncIterator[Served]:
    async with served(tmp_path, tokens=TOKENS) as server:
        response = await server.client.put("/v1/profiles/studio", json=MAGENTA, headers=_as(OPERATOR))
        assert response.status == 201
        yield server


def _as(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


async def _sessions(there: Served) -> list[dict[str, Any]]:
    response = await there.client.get("/v1/sessions", headers=_as(OPERATOR))
    sessions: list[dict[str, Any]] = (await response.json())["sessions"]
    return sessions


async def _has_composite(there: Served) -> None:
    """Wait for the first, as the snapshot tells: 409 before it."""
    async with asyncio.timeout(10):
        while True:
            for session in await _sessions(there):
                response = await there.client.get(f"/v1/sessions/{session['id']}/snapshot", headers=_as(OPERATOR))
                if response.status == 200:
                    return
            await asyncio.sleep(0.05)


async def _watch(there: Served, frames: int) -> None:
    """With whip-whep's player: so many frames arrive, and the last of them shows the background, not the screen."""
    async with NodePeer("view.mjs", there.url("/whep/studio"), WATCHER) as player:
        await player.until(state="connected")
        shown = await player.until(frames, frame=[640, 360])
        assert all(abs(level - told) <= 6 for level, told in zip(shown[-1]["corner"], (107, 202, 222), strict=True))
        await player.say("stop")
        assert await player.ended() == 0


@pytest.mark.timeout(420)  # the first time npm fetches what it needs
async def test_whip_whep_publishes_and_plays(there: Served) -> None:
    async with NodePeer("publish.mjs", there.url("/whip/studio"), PUBLISHER) as camera:
        await camera.until(state="connected")
        (joined,) = await camera.until(resource=...)
        assert joined["etag"].strip('"')
        await _has_composite(there)
        await _watch(there, 60)
        await camera.say("stop")
        assert await camera.ended() == 0
    assert "rejected" not in camera.said  # every PATCH of its own was taken
    assert await _sessions(there) == []


async def test_whip_whep_is_refused_a_restart_of_ice_and_stays_connected(there: Served) -> None:
    async with NodePeer("publish.mjs", there.url("/whip/studio"), PUBLISHER) as camera:
        await camera.until(state="connected")
        await _has_composite(there)
        await camera.say("restart")
        (told,) = await camera.until(restart=...)
        assert "422" in told["restart"]
        await _watch(there, 10)


async def test_whip_whep_hears_of_a_wrong_token_and_of_a_taken_name(there: Served) -> None:
    async with NodePeer("publish.mjs", there.url("/whip/studio"), WATCHER) as stranger:
        assert "403" in (await stranger.until(refused=...))[0]["refused"]
    async with NodePeer("publish.mjs", there.url("/whip/studio"), PUBLISHER) as camera:
        await camera.until(state="connected")
        async with NodePeer("publish.mjs", there.url("/whip/studio"), PUBLISHER) as second:
            assert "409" in (await second.until(refused=...))[0]["refused"]


@pytest.mark.skipif("whip" not in av.formats_available, reason="PyAV's FFmpeg has no WHIP muxer: pip install av>=17")
async def test_ffmpegs_muxer_publishes_and_hangs_up(there: Served, tmp_path: Path) -> None:
    _make_certificate(tmp_path)
    arguments = [there.url("/whip/studio"), str(tmp_path), PUBLISHER]
    async with ChildProcess([sys.executable, "-m", "tests.peers.whip_muxer", *arguments]) as encoder:
        await encoder.watch.until(lambda: "published" in encoder.said, "first frame published", within=30)
        await _has_composite(there)
        await _watch(there, 60)
        (session,) = await _sessions(there)
        stats = await there.client.get(f"/v1/sessions/{session['id']}/stats", headers=_as(OPERATOR))
        pipeline = (await stats.json())["pipeline"]
        assert pipeline["frames_in"] >= 60
        assert pipeline["shown"]["composite"] >= pipeline["frames_in"] - 5
    assert "ended" in encoder.said, encoder.said
    assert await _sessions(there) == []


def _make_certificate(folder: Path) -> None:
    """A self-signed one on P-256, as FFmpeg reads it."""
    key, name = ec.generate_private_key(ec.SECP256R1()), x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "encoder")])
    now = datetime.datetime.now(datetime.UTC)
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .sign(key, hashes.SHA256())
    )
    (folder / "cert.pem").write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    (folder / "key.pem").write_bytes(private)
