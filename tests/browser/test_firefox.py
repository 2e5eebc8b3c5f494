"""Firefox, the other engine: VP8, its own jitter buffer, candidates without addresses."""

from __future__ import annotations

from tests.browser.conftest import Host
from tests.browser.firefox import firefox

CALL = """
    const [token] = arguments;
    const {connect} = await import('/call.js');
    const stream = await navigator.mediaDevices.getUserMedia({video: {width: 640, height: 360}, audio: true});
    const effect = {matting: {kind: 'none'}};
    const call = await connect({server: location.origin, token, stream, effect});
    const video = document.createElement('video');
    Object.assign(video, {muted: true, autoplay: true, srcObject: call.stream});
    const reports = async () => [...(await call.stats()).peer.values()];
    const inbound = async (kind) =>
        (await reports()).find((one) => one.type === 'inbound-rtp' && one.kind === kind) ?? {};
    const until = Date.now() + 30000;
    while (!((await inbound('video')).framesDecoded > 60) && Date.now() < until) {
        await new Promise((resolve) => setTimeout(resolve, 100));
    }
    const [seen, heard] = [await inbound('video'), await inbound('audio')];
    await call.update({view: 'composite', background: {kind: 'color', color: '808080'}});
    const {server} = await call.stats();
    await call.close();
    return {
        decoded: seen.framesDecoded, lost: seen.packetsLost, width: video.videoWidth, height: video.videoHeight,
        heard: heard.packetsReceived, shown: server.pipeline.shown, state: call.state,
    };
"""


async def test_firefox_sees_itself_again(host: Host) -> None:
    async with firefox() as tab:
        await tab.open(host.url)
        told = await tab.run(CALL, host.token)
    print(told)
    assert told["decoded"] > 60
    assert told["heard"] > 50
    assert (told["width"], told["height"]) == (640, 360)
    assert told["lost"] == 0
    assert told["state"] == "closed"
    assert set(told["shown"]) == {"passthrough"}
