"""The test page, used as people use it: by mouse, by keyboard, on a phone, in two languages."""

from __future__ import annotations

import io
from base64 import b64encode
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import av
import numpy as np
from PIL import Image
from playwright.async_api import Route

from tests.browser.camera import FakeCamera
from tests.browser.chromium import Tab, chromium
from tests.browser.conftest import Host
from transforms.effect import Color
from transforms.sample import TEAL

PHONE: dict[str, Any] = {
    "viewport": {"width": 390, "height": 844},
    "is_mobile": True,
    "has_touch": True,
    "device_scale_factor": 2,
}
STATE = "document.querySelector('#state').dataset.state"
AFTER = "harness.watch(name, document.querySelector('#after video').srcObject.getVideoTracks()[0])"
CORNERS = (
    "harness.frames(name).at(-1)?.corners.every((seen) => seen.every((level, at) => Math.abs(level - wanted[at]) < 12))"
)
"""Both upper corners of the newest frame are this colour."""
LISTED_PICTURE = "/snapshot"
"""The list asks for pictures of sessions that may have none yet, or have just ended: the browser logs the refusal."""
RED = (81, 90, 240)
"""BT.601 limited range: pure red."""


@asynccontextmanager
async def page(host: Host, camera: FakeCamera | None = None, **context: Any) -> AsyncIterator[Tab]:
    """The page, its knobs there. It must have nothing to complain of by the end."""
    async with chromium(camera) as browser:
        tab = await browser.open(host.page, **context)
        await tab.until("document.querySelectorAll('#panel details').length === 5")
        await tab.until("document.querySelectorAll('.tile img').length >= 3")
        yield tab
        assert [error for error in tab.errors if LISTED_PICTURE not in error] == []


async def start(tab: Tab, kind: str, *, watched_as: str = "after") -> None:
    """A call, its first picture there."""
    await tab.page.select_option("#size", "640x360")
    await tab.page.click(f"[data-start={kind}]")
    await tab.until(f"{STATE} === 'connected'")
    await tab.until("document.querySelector('#after video').videoWidth > 0")
    await tab.run(AFTER, name=watched_as)


async def stop(tab: Tab) -> None:
    await tab.page.click("#stop")
    await tab.until("document.querySelector('#stage').dataset.mode === 'idle'")


async def choose_color(tab: Tab, selector: str, color: str) -> None:
    """As the browser's colour picker does."""
    await tab.page.eval_on_selector(
        selector,
        "(input, value) => { input.value = value; input.dispatchEvent(new Event('input', {bubbles: true})); }",
        f"#{color}",
    )


def picture(color: str = "red", size: tuple[int, int] = (320, 180)) -> bytes:
    file = io.BytesIO()
    Image.new("RGB", size, color).save(file, "PNG")
    return file.getvalue()


EFFECT = """(await fetch('v1/sessions', {
    headers: {authorization: `Bearer ${sessionStorage.getItem('changebg.token')}`}
}).then((answer) => answer.json())).sessions.at(-1)?.effect"""
"""The effect of the newest session, as the server has it."""


async def test_the_sample_caller_gets_another_background_and_another(host: Host) -> None:
    async with page(host) as tab:
        await start(tab, "sample")
        await choose_color(tab, ".tile input[type=color]", "ff0000")
        await tab.until(CORNERS, name="after", wanted=RED)
        await tab.until("Number(document.querySelector('#figures dd').textContent) > 5")
        await tab.until("document.querySelectorAll('.bars meter').length >= 3")
        await tab.until("document.querySelector('#sessions .own img')?.naturalWidth > 0")
        await tab.until("document.querySelector('.segments + .hint').textContent.includes('screen')")  # what it keys by
        await stop(tab)
        assert await tab.run("document.querySelector('#stop').disabled")
        await tab.until(f"{EFFECT} === undefined")


async def test_what_was_chosen_before_a_call_is_how_it_begins(host: Host, camera: FakeCamera) -> None:
    async with page(host, camera) as tab:
        await choose_color(tab, ".tile input[type=color]", "ff0000")
        await start(tab, "camera")
        await tab.until(CORNERS, name="after", wanted=RED)
        first = await tab.run("harness.frames('after').find(({number}) => number !== null).corners[0]")
        assert abs(first[2] - RED[2]) < 12
        await stop(tab)


async def test_the_key_colour_is_taken_by_a_click_and_by_keys(host: Host, camera: FakeCamera) -> None:
    async with page(host, camera) as tab:
        await start(tab, "camera")
        await tab.page.click(".picker", position={"x": 40, "y": 40})
        await tab.until("!document.querySelector('[data-knob=\"chroma.color\"] input[type=checkbox]').checked")
        clicked = await tab.until(f"((color) => color !== 'auto' && color)({EFFECT}.matting.color)")
        assert near(clicked, TEAL)
        await tab.page.focus(".picker")
        for _ in range(45):
            await tab.page.keyboard.press("ArrowRight")
        await tab.page.keyboard.press("Enter")
        shown = "document.querySelector('[data-knob=\"chroma.color\"] output').textContent"
        taken = await tab.until(f"{shown} !== clicked && {shown}", clicked=clicked)
        assert near(taken, TEAL)
        await stop(tab)


def near(color: str, other: Color) -> bool:
    taken = Color.parse(color)
    pairs = ((taken.red, other.red), (taken.green, other.green), (taken.blue, other.blue))
    return all(abs(one - another) < 45 for one, another in pairs)


async def test_an_image_is_added_shown_and_deleted(host: Host) -> None:
    async with page(host) as tab:
        await start(tab, "sample")
        file: Any = {"name": "red wall.png", "mimeType": "image/png", "buffer": picture()}
        await tab.page.set_input_files(".tile.add input", file)
        await tab.until(CORNERS, name="after", wanted=RED)
        assert await tab.until("document.querySelector('.tile.on button[aria-label=\"red wall.png\"]') !== null")
        await tab.page.click('.tile button[aria-label="Evening wall"]')
        await tab.until("document.querySelector('.tile.on button').getAttribute('aria-label') === 'Evening wall'")
        await tab.until(f"!({CORNERS})", name="after", wanted=RED)
        await tab.page.hover(".tile:has(.delete)")
        await tab.page.click(".tile .delete")
        await tab.until("!document.querySelector('.tile .delete')")
        await stop(tab)


def red_clip() -> bytes:
    """One second of red."""
    file = io.BytesIO()
    with av.open(file, "w", format="mp4") as container:
        stream = container.add_stream("libx264", rate=10)
        stream.width, stream.height, stream.pix_fmt = 320, 180, "yuv420p"
        frame = av.VideoFrame.from_ndarray(np.full((180, 320, 3), (255, 0, 0), np.uint8), format="rgb24")
        for number in range(10):
            frame.pts = number
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return file.getvalue()


async def test_a_video_is_added_shown_and_played(host: Host) -> None:
    async with page(host) as tab:
        await start(tab, "sample")
        file: Any = {"name": "red film.mp4", "mimeType": "video/mp4", "buffer": red_clip()}
        await tab.page.set_input_files(".tile.add input", file)
        await tab.until("document.querySelector('.tile.arriving') !== null")
        await tab.until(CORNERS, name="after", wanted=RED)
        assert await tab.run("document.querySelector('.tile.on.moving button').ariaLabel") == "red film.mp4, a video"
        await tab.page.hover(".tile.moving")
        await tab.until("document.querySelector('.tile.moving video')?.currentTime > 0")
        await tab.page.click('.tile button[aria-label="Evening wall"]')
        await tab.until(f"{EFFECT}.background.kind === 'image'")
        await tab.page.hover(".tile.moving")
        await tab.page.click(".tile.moving .delete")
        await tab.until("document.querySelector('.tile.moving') === null")
        await stop(tab)


async def test_the_background_is_moved_on_the_picture_by_hand_and_by_keys(host: Host) -> None:
    """A wide picture, red and blue: moved aside it is all red; what covers goes on covering."""
    wide = Image.new("RGB", (1280, 180), "red")
    wide.paste((0, 0, 255), (640, 0, 1280, 180))
    file = io.BytesIO()
    wide.save(file, "PNG")
    async with page(host) as tab:
        await start(tab, "sample")
        upload: Any = {"name": "wide.png", "mimeType": "image/png", "buffer": file.getvalue()}
        await tab.page.set_input_files(".tile.add input", upload)
        await tab.until("document.querySelector('.tile.on button[aria-label=\"wide.png\"]') !== null")
        box = await tab.page.locator("#after .mover").bounding_box()
        assert box is not None
        middle = box["y"] + box["height"] / 2
        await tab.page.mouse.move(box["x"] + 10, middle)
        await tab.page.mouse.down()
        await tab.page.mouse.move(box["x"] + box["width"] * 0.7, middle + 60, steps=3)
        await tab.page.mouse.up()
        await tab.until(CORNERS, name="after", wanted=RED)
        focus = await tab.until(f"((focus) => focus[0] < 0.4 && focus)({EFFECT}.background.focus)")
        assert focus[1] == 0.5
        await tab.page.keyboard.press("ArrowLeft")
        await tab.until(f"{EFFECT}.background.focus[0] > {focus[0]}")
        await tab.page.keyboard.press("+")
        await tab.until(f"{EFFECT}.background.scale > 1")
        await tab.page.keyboard.press("Home")
        await tab.until(f"String({EFFECT}.background.focus) === '0.5,0.5' && {EFFECT}.background.scale === 1")
        await stop(tab)


async def test_a_background_is_moved_by_its_focus_and_beyond_by_its_offset(host: Host) -> None:
    moved = "import('/placing.js').then(({ moved }) => moved(background, {width: 200, height: 100}, picture, by))"
    square = {"width": 100, "height": 100}
    async with page(host) as tab:

        async def after(background: dict[str, Any], *by: float) -> Any:
            return await tab.run(moved, background=background, picture=square, by=by)

        assert await after({}, 25, 30) == {"focus": [0.25, 0.5], "offset": [0, 0]}
        assert await after({}, 75, 0) == {"focus": [0, 0.5], "offset": [0, 0]}
        assert await after({"fit": "none"}, 75, 5) == {"focus": [0, 0.5], "offset": [25, 5]}
        assert await after({"fit": "contain"}, 10, 10) == {"focus": [0.5, 0.7], "offset": [10, 0]}
        assert await after({"fit": "fill", "offset": [1, 2]}, 10, -10) == {"focus": [0.5, 0.5], "offset": [11, -8]}


async def test_the_picture_is_turned_and_cropped_in_mid_call(host: Host) -> None:
    async with page(host) as tab:
        await start(tab, "sample")
        await tab.page.click("[data-section=geometry] summary")
        await tab.page.select_option('[data-knob="geometry.rotate"] select', "90")
        crop = '[data-knob="geometry.crop"] input'
        await tab.page.fill(crop, "320x160+20+0")
        await tab.page.press(crop, "Tab")
        size = "((video) => `${video.videoWidth}x${video.videoHeight}`)(document.querySelector('#after video'))"
        await tab.until(f"{size} === '160x320'")
        assert await tab.run(f"{EFFECT}.geometry") == {"crop": "320x160+20+0", "rotate": 90}
        await tab.page.fill(crop, "nonsense")
        assert not await tab.run("document.querySelector('[data-knob=\"geometry.crop\"] input').checkValidity()")
        await stop(tab)


async def test_an_image_dropped_on_the_page_stands_behind_the_caller(host: Host) -> None:
    async with page(host) as tab:
        await start(tab, "sample")
        drop = """new Promise((resolve) => {
            const dataTransfer = new DataTransfer();
            const bytes = Uint8Array.from(atob(data), (one) => one.charCodeAt(0));
            dataTransfer.items.add(new File([bytes], 'a.png', {type: 'image/png'}));
            for (const type of ['dragenter', 'dragover']) {
                document.body.dispatchEvent(new DragEvent(type, {dataTransfer, bubbles: true, cancelable: true}));
            }
            resolve(getComputedStyle(document.querySelector('#drop')).display);
            document.body.dispatchEvent(new DragEvent('drop', {dataTransfer, bubbles: true, cancelable: true}));
        })"""
        assert await tab.run(drop, data=b64encode(picture()).decode()) == "grid"
        await tab.until(CORNERS, name="after", wanted=RED)
        assert await tab.run("getComputedStyle(document.querySelector('#drop')).display") == "none"
        await stop(tab)


async def test_what_is_no_image_is_refused_in_words(host: Host) -> None:
    async with chromium() as browser:
        tab = await browser.open(host.page)
        await tab.until("document.querySelectorAll('.tile img').length >= 3")
        file: Any = {"name": "x.png", "mimeType": "image/png", "buffer": b"<svg xmlns='http://www.w3.org/2000/svg'/>"}
        await tab.page.set_input_files(".tile.add input", file)
        assert "images are JPEG" in await tab.until("document.querySelector('.warning')?.textContent")


async def test_knobs_are_turned_with_the_keyboard(host: Host) -> None:
    async with page(host) as tab:
        await start(tab, "sample")
        await tab.page.focus('[data-knob="edge.feather"] input')
        for _ in range(5):
            await tab.page.keyboard.press("ArrowRight")
        await tab.until("document.querySelector('[data-knob=\"edge.feather\"] output').textContent === '0.5 px'")
        await tab.page.focus("input[name=matting-kind]:checked")
        await tab.page.keyboard.press("ArrowRight")
        await tab.until("document.querySelector('[data-knob=\"chroma.color\"]') !== null")
        await tab.page.keyboard.press("ArrowLeft")
        await tab.until("document.querySelector('[data-knob=\"auto.color\"]') !== null")
        await tab.until(f"(({{ edge, matting }}) => edge.feather === 0.5 && matting.kind === 'auto')({EFFECT})")
        await stop(tab)


async def test_ffmpegs_keyer_takes_the_measured_colour_along(host: Host) -> None:
    async with page(host) as tab:
        await tab.page.check("input[value=chroma]", force=True)
        await start(tab, "sample")
        color = "document.querySelector('[data-knob=\"chroma.color\"] input[type=color]')"
        await tab.until(f"{color}.value !== '#00b140'")
        await tab.page.select_option('[data-knob="chroma.keyer"] select', "ffmpeg")
        await tab.until("!document.querySelector('[data-knob=\"chroma.similarity\"]').hidden")
        await tab.until("document.querySelector('.warning') === null")
        matting = await tab.until(f"(({{ matting }}) => matting.keyer === 'ffmpeg' && matting)({EFFECT})")
        assert near(matting["color"], TEAL)
        await tab.page.check('[data-knob="chroma.color"] input[type=checkbox]')
        await tab.until("document.querySelector('[data-knob=\"chroma.similarity\"]').hidden")
        await stop(tab)


async def test_what_a_later_server_can_do_shows_up_by_itself(host: Host) -> None:
    async def grown(route: Route) -> None:
        catalog = await (await route.fetch()).json()
        strength = {"type": "number", "minimum": 0, "maximum": 1, "default": 0.4, "description": "how much"}
        for part, kind, knobs in (("matting", "magic", {}), ("background", "blur", {"strength": strength})):
            model = {"type": "object", "properties": {"kind": {"const": kind}, **knobs}}
            catalog["effect"]["$defs"][kind] = model
            catalog["effect"]["properties"][part]["oneOf"].append({"$ref": f"#/$defs/{kind}"})
            catalog[f"{part}s"].append(kind)
        await route.fulfill(json=catalog)

    async with chromium() as browser:
        tab = await browser.open()
        await tab.page.route("**/v1/catalog", grown)
        await tab.page.goto(host.page)
        await tab.until("document.querySelectorAll('.tile img').length >= 3")
        await tab.page.check("input[value=magic]", force=True)
        await tab.page.click(".tile >> text=Blur")
        await tab.until("document.querySelector('.tile.on').dataset.background === 'blur'")
        shown = "document.querySelector('[data-knob=\"background.strength\"] output').textContent"
        assert await tab.until(shown) == "0.4"


MODELS = [
    {"name": "broken.onnx", "format": "onnx", "title": "?", "octets": 4, "categories": [], "problem": "no ONNX"},
    {
        "name": "rvm.onnx",
        "format": "onnx",
        "title": "a video matting",
        "licence": "GPL-3.0",
        "octets": 9,
        "categories": [],
    },
    {"name": "parts.tflite", "format": "tflite", "title": "parts", "octets": 9, "categories": ["wall", "hair", "hat"]},
]


async def test_models_are_picked_by_name_with_what_is_known_of_them(host: Host) -> None:
    async def with_every_kind(route: Route) -> None:
        catalog = await (await route.fetch()).json()
        catalog["mattings"] = ["auto", "mediapipe", "model", "none"]
        await route.fulfill(json=catalog)

    async def listed(route: Route) -> None:
        await route.fulfill(json={"models": MODELS})

    async with chromium() as browser:
        tab = await browser.open()
        await tab.page.route("**/v1/catalog", with_every_kind)
        await tab.page.route("**/v1/models", listed)
        await tab.page.goto(host.page)
        await tab.until("document.querySelectorAll('.tile img').length >= 3")
        kinds = "[...document.querySelectorAll('input[name=matting-kind]')].map(({ value }) => value)"
        assert await tab.run(kinds) == ["auto", "mediapipe", "model", "none"]
        await tab.page.check("input[value=model]", force=True)
        picker = tab.page.locator('[data-knob="model.model"]')
        assert await picker.locator("select").input_value() == "rvm.onnx"  # the first that can be used
        assert await picker.locator("option:disabled").text_content() == "broken.onnx"
        assert await picker.locator(".hint").text_content() == "a video matting · GPL-3.0"
        await tab.page.check("input[value=mediapipe]", force=True)
        assert not await tab.page.is_visible('[data-knob="mediapipe.category"]')
        await tab.page.select_option('[data-knob="mediapipe.model"] select', "parts.tflite")
        await tab.page.check('[data-knob="mediapipe.category"] input[value=hat]')
        ticked = (
            "[...document.querySelectorAll('[data-knob=\"mediapipe.category\"] :checked')].map(({ value }) => value)"
        )
        assert await tab.until(ticked) == ["hat"]
        await tab.page.select_option('[data-knob="mediapipe.model"] select', "")
        assert not await tab.page.is_visible('[data-knob="mediapipe.category"]')


async def test_a_snapshot_and_a_recording_are_saved(host: Host, tmp_path: Path) -> None:
    async with page(host) as tab:
        await start(tab, "sample")
        async with tab.page.expect_download() as snapshot:
            await tab.page.click("#snapshot")
        path = tmp_path / "snapshot.png"
        await (await snapshot.value).save_as(path)
        with Image.open(path) as image:
            assert image.size == (640, 360)
        await tab.page.click("#record")
        await tab.until("document.querySelector('#record').textContent.includes('2 s')")
        async with tab.page.expect_download() as recording:
            await tab.page.click("#record")
        path = tmp_path / (await recording.value).suggested_filename
        await (await recording.value).save_as(path)
        assert path.stat().st_size > 10_000
        await stop(tab)


async def test_an_operator_watches_and_steers_somebody_elses_call(host: Host, camera: FakeCamera) -> None:
    async with chromium(camera) as browser:
        caller, operator = await browser.open(host.page), await browser.open(host.page)
        await caller.until("document.querySelectorAll('.tile img').length >= 3")
        await start(caller, "camera")
        own = await caller.until("document.querySelector('.session.own')?.dataset.session")
        await operator.page.click(f"[data-act='watch {own}']:enabled")
        await operator.until("document.querySelector('#stage').dataset.mode === 'watch'")
        await operator.until("document.querySelector('#after video').videoWidth > 0")
        assert not await operator.page.is_visible("#before")
        await choose_color(operator, ".tile input[type=color]", "ff0000")
        await caller.until(CORNERS, name="after", wanted=RED)
        await caller.until("document.querySelector('.tile.on')?.dataset.background === 'color'")
        await stop(operator)
        assert await caller.run(STATE) == "connected"
        await operator.page.click(f"[data-act='end {own}']")
        await operator.page.click("#sure button[value=yes]")
        await caller.until("document.querySelector('#stage').dataset.mode === 'idle'")
        assert "ended" in await caller.until("document.querySelector('.warning')?.textContent")


async def test_a_page_that_is_left_hangs_up(host: Host) -> None:
    async with page(host) as tab:
        await start(tab, "sample")
        own = await tab.until("document.querySelector('.session.own')?.dataset.session")
        await tab.page.reload()
        await tab.until(
            "document.querySelector('#sessions li') && !document.querySelector(`[data-session='${own}']`)", own=own
        )


async def test_the_token_is_asked_for_and_leaves_no_trace_in_the_address(host: Host) -> None:
    async with chromium() as browser:
        tab = await browser.open(host.url)
        await tab.until("document.querySelector('#access').open")
        await tab.page.fill("#access input", "wrong")
        await tab.page.click("#access button")
        await tab.until("document.querySelector('.warning') !== null && document.querySelector('#access').open")
        await tab.page.fill("#access input", host.token)
        await tab.page.click("#access button")
        await tab.until("document.querySelectorAll('#panel details').length === 5")
        tab = await browser.open(host.page)
        await tab.until("document.querySelectorAll('#panel details').length === 5")
        assert tab.page.url == host.url


async def test_no_camera_is_told_in_words(host: Host) -> None:
    async with page(host) as tab:
        await tab.run(
            "void (navigator.mediaDevices.getUserMedia = async () => { throw new DOMException('', name); })",
            name="NotAllowedError",
        )
        await tab.page.click("[data-start=camera]")
        assert "allowed" in await tab.until("document.querySelector('.warning')?.textContent")
        assert await tab.run(STATE) == "idle"


UNNAMED = """[...document.querySelectorAll('button, input, select, meter')].filter((element) => {
    const labels = [...(element.labels ?? [])].map((label) => label.textContent).join('');
    const named = element.getAttribute('aria-label') || element.getAttribute('aria-labelledby');
    return !(element.hidden || named || element.textContent.trim() || labels.trim());
}).map((element) => element.outerHTML)"""


async def test_every_control_has_a_name_in_both_languages(host: Host) -> None:
    async with page(host, locale="zh-CN") as tab:
        assert await tab.run("document.documentElement.lang") == "zh"
        assert await tab.run(UNNAMED) == []
        assert await tab.page.text_content("[data-start=camera]") == "打开摄像头"
        await tab.page.select_option("#language", "en")
        await tab.until("document.querySelector('[data-start=camera]').textContent === 'Start camera'")
        assert await tab.run(UNNAMED) == []
        assert await tab.run("document.querySelector('summary').textContent") == "Matting"


async def test_both_languages_say_everything(host: Host) -> None:
    async with page(host) as tab:
        words = await tab.run(
            "Promise.all([import('/words-en.js'), import('/words-zh.js')])"
            ".then(([en, zh]) => [Object.keys(en.ENGLISH), Object.keys(zh.CHINESE)])"
        )
        english, chinese = map(set, words)
        own = {word for word in chinese - english if word.startswith("value.")}
        assert english - chinese == set()
        assert chinese - english == own  # values that English leaves as they are


async def test_a_phone_in_portrait_shows_both_pictures_side_by_side(host: Host) -> None:
    async with page(host, **PHONE) as tab:
        await start(tab, "sample")
        await tab.until("document.querySelector('#stage').classList.contains('portrait')")
        assert await tab.run("document.documentElement.scrollWidth <= innerWidth")
        places = "['#before', '#after'].map((one) => document.querySelector(one).getBoundingClientRect().toJSON())"
        before, after = await tab.run(places)
        assert before["top"] == after["top"]
        assert before["right"] <= after["left"]
        assert before["height"] > before["width"]
        await stop(tab)


async def test_patches_that_wait_for_each_other_are_joined(host: Host) -> None:
    async with page(host) as tab:
        joined = "import('/steering.js').then(({ joined }) => joined(first, second))"
        first = {"edge": {"feather": 1, "shrink": 2}, "matting": {"kind": "plate", "plate": "learn"}}
        second = {"edge": {"feather": None}, "matting": {"kind": "chroma"}}
        assert await tab.run(joined, first=first, second=second) == {
            "edge": {"feather": None, "shrink": 2},
            "matting": {"kind": "chroma"},
        }
