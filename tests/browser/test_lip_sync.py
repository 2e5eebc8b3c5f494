"""A flash and a beep of one instant, sent by a real browser: it sees and hears them together again."""

from __future__ import annotations

from pathlib import Path
from statistics import median
from typing import Any

from tests.browser.chromium import Tab, chromium
from tests.browser.conftest import Host

SIGNAL = Path(__file__).with_name("flash_and_beep.js")
CALL = """new Promise(async (resolve) => {
    const stream = signal.begin();
    const {pc} = await harness.offering(stream, {codec: 'VP8'});
    const answer = await answered(pc.localDescription.sdp);
    const back = new MediaStream(pc.getReceivers().map((receiver) => receiver.track));
    await pc.setRemoteDescription({type: 'answer', sdp: answer.sdp});
    harness.calls.set('call', {pc, stream, far: answer.far});
    signal.watch('sent', stream.clone());
    signal.watch('back', back);
    resolve(true);
})"""
OURS = """((answered) => CALL)((sdp) => fetch('/v1/offer', {
    method: 'POST',
    headers: {'content-type': 'application/json', authorization: `Bearer ${token}`},
    body: JSON.stringify({type: 'offer', sdp, effect: {matting: {kind: 'none'}}}),
}).then((response) => response.json()))""".replace("CALL", CALL)
LIBWEBRTC = """((answered) => CALL)(async (sdp) => {
    const far = new RTCPeerConnection();
    await far.setRemoteDescription({type: 'offer', sdp});
    for (const transceiver of far.getTransceivers()) {
        transceiver.direction = 'sendrecv';
        await transceiver.sender.replaceTrack(transceiver.receiver.track);
        transceiver.sender.setStreams(new MediaStream());
    }
    await far.setLocalDescription();
    await harness.gathered(far);
    return {sdp: far.localDescription.sdp, far};
})""".replace("CALL", CALL)
FLASHES = 9
"""libwebrtc moves sound and picture towards each other step by step, once both have sent a report."""
APART = 0.06
"""Seconds: what libwebrtc itself lets pass (it moves neither for less than 30 ms), and the frame that shows it."""


def skew(sent: dict[str, list[float]], back: dict[str, list[float]]) -> list[float]:
    """Seconds by which each beep came back later than its flash, beyond what they were apart when they left."""
    return [_beep_behind(flash, back["audio"]) - _usual(sent) for flash in back["video"][-4:]]


def _beep_behind(flash: float, beeps: list[float]) -> float:
    return min((beep - flash for beep in beeps), key=abs)


def _usual(sent: dict[str, list[float]]) -> float:
    return median(_beep_behind(flash, sent["audio"]) for flash in sent["video"])


async def measured(tab: Tab, call: str, **values: object) -> list[float]:
    await tab.page.evaluate(SIGNAL.read_text())
    await tab.run(call, **values)
    await tab.until("signal.times('back').video.length >= count", count=FLASHES, within=30)
    await tab.until("signal.times('back').audio.length >= count", count=FLASHES - 2, within=5)
    times: dict[str, Any] = await tab.run("({sent: signal.times('sent'), back: signal.times('back')})")
    await tab.run("harness.hangUp('call')")
    return skew(times["sent"], times["back"])


async def test_a_flash_and_its_beep_come_back_together(host: Host) -> None:
    async with chromium() as browser:
        ours = await measured(await browser.open(host.page), OURS, token=host.token)
    print("skew in ms:", [round(1000 * one) for one in ours])
    assert abs(median(ours)) < APART
