"""A real browser that changes the size of its picture in the middle of a call."""

from __future__ import annotations

from tests.browser.camera import FakeCamera
from tests.browser.chromium import Tab, chromium
from tests.browser.conftest import Host
from tests.browser.frame_log import WatchedFrame, is_same_key

COLOR = "f0f0f0"
SCALED = """(async () => {
    const [sender] = harness.calls.get('call').pc.getSenders();
    const parameters = sender.getParameters();
    parameters.encodings[0].scaleResolutionDownBy = by;
    await sender.setParameters(parameters);
})()"""
SHOWN = """fetch(`${path}/stats`, {headers: {authorization: `Bearer ${token}`}})
    .then((answer) => answer.json()).then(({pipeline}) => pipeline)"""


def is_composite(frame: WatchedFrame) -> bool:
    """Whether both upper corners are the background's: no screen, no mixture of two sizes."""
    return all(luma > 200 and abs(cb - 128) < 12 and abs(cr - 128) < 12 for luma, cb, cr in frame.corners)


async def until_size(tab: Tab, width: int, height: int) -> None:
    """Wait until frames of this size come back with a readable number."""
    seen = "harness.frames('call-back').slice(-8).every((one) => one.width === width && one.height === height"
    await tab.until(f"{seen} && one.number !== null)", within=20, width=width, height=height)


async def test_a_picture_that_shrinks_and_grows_again_is_composited_in_every_frame(
    host: Host, camera: FakeCamera
) -> None:
    async with chromium(camera) as browser:
        tab = await browser.open(host.bare, bypass_csp=True)
        how = {
            "codec": "VP8",
            "camera": {"width": 640, "height": 360},
            "body": {"effect": {"matting": {"kind": "chroma"}, "background": {"kind": "color", "color": COLOR}}},
            "headers": {"authorization": f"Bearer {host.token}"},
        }
        answer = await tab.run("harness.offer('call', how)", how=how)
        await until_size(tab, 640, 360)
        await tab.until_frames("call-back", 30)
        key = (await tab.run(SHOWN, path=answer["location"], token=host.token))["key_color"]
        for by, size in ((2, (320, 180)), (1, (640, 360)), (4 / 3, (480, 270)), (1, (640, 360))):
            await tab.run(SCALED, by=by)
            await until_size(tab, *size)
        frames = await tab.frames("call-back")
        told = await tab.run(SHOWN, path=answer["location"], token=host.token)
        print({tuple(frame.size) for frame in frames}, told["shown"], len(frames))
        assert all(is_composite(frame) for frame in frames)
        assert set(told["shown"]) <= {"composite", "held"}  # Chromium's first frames may be too coarse to be sure of
        assert is_same_key(told["key_color"], key)
        assert tab.errors == []
        await tab.run("harness.hangUp('call')")
