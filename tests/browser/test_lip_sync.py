"""A flash and a beep of one instant, sent by a real browser: it sees and hears them together again."""

from __future__ import annotations

from pathlib import Path
from statistics import median

from tests.browser.chromium import chromium
from tests.browser.conftest import Host

SIGNAL = Path(__file__).with_name("flash_and_beep.js")
CALL = """(async () => {
    const stream = signal.begin();
    const {pc} = await harness.offering(stream, {codec: 'VP8'});
    const answer = await fetch('/v1/offer', {
        method: 'POST',
        headers: {'content-type': 'application/json', authorization: `Bearer ${token}`},
        body: JSON.stringify({type: 'offer', sdp: pc.localDescription.sdp, effect: {matting: {kind: 'none'}}}),
    }).then((response) => response.json());
    const back = new MediaStream(pc.getReceivers().map((receiver) => receiver.track));
    await pc.setRemoteDescription({type: 'answer', sdp: answer.sdp});
    harness.calls.set('call', {pc, stream});
    signal.watch('sent', stream.clone());
    signal.watch('back', back);
})()"""
FLASHES = 9
"""libwebrtc moves sound and picture towards each other step by step, once both have sent a report."""
APART = 0.1
"""Seconds. An echo of libwebrtc alone comes back 0.06 to 0.08 apart: it moves neither for less than 0.03, a frame shows
a flash up to 0.03 late, what is heard waits before the loudspeaker. What is told is exact: tests/test_lip_sync.py."""


def skew(sent: dict[str, list[float]], back: dict[str, list[float]]) -> list[float]:
    """Seconds by which each beep came back later than its flash, beyond what they were apart when they left."""
    return [_beep_behind(flash, back["audio"]) - _usual(sent) for flash in back["video"][-5:-1]]


def _beep_behind(flash: float, beeps: list[float]) -> float:
    return min((beep - flash for beep in beeps), key=abs)


def _usual(sent: dict[str, list[float]]) -> float:
    return median(_beep_behind(flash, sent["audio"]) for flash in sent["video"])


async def test_a_flash_and_its_beep_come_back_together(host: Host) -> None:
    async with chromium() as browser:
        tab = await browser.open(host.bare, bypass_csp=True)
        await tab.page.evaluate(SIGNAL.read_text())
        await tab.run(CALL, token=host.token)
        await tab.until("signal.times('back').video.length >= count", count=FLASHES, within=30)
        await tab.until("signal.times('back').audio.length >= count", count=FLASHES - 2)
        times = await tab.run("({sent: signal.times('sent'), back: signal.times('back')})")
        await tab.run("harness.hangUp('call')")
        apart = skew(times["sent"], times["back"])
        print("skew in ms:", [round(1000 * one) for one in apart])
        # A busy machine plays one or another late; a time that is told wrong is wrong in all of them.
        assert min(abs(one) for one in apart) < APART
        assert tab.errors == []
