"""A phone: the camera of a page that was fetched from elsewhere needs HTTPS, and the server a token."""

from __future__ import annotations

from tests.browser.camera import FakeCamera
from tests.browser.chromium import chromium
from tests.browser.serving import READY, changebg_serve

PHONE = {"viewport": {"width": 390, "height": 844}, "is_mobile": True, "has_touch": True, "device_scale_factor": 2}
STATE = "document.querySelector('#state').dataset.state"


async def test_a_phone_opens_the_printed_url_and_is_called_back(camera: FakeCamera) -> None:
    async with (
        changebg_serve("--host", "0.0.0.0", "--tls", "auto", "--drain", "0") as served,
        chromium(camera) as browser,
    ):
        lines = served.process.output.decode().splitlines()
        printed = next(line for line in lines if line.startswith(READY)).removeprefix(READY)
        assert printed.startswith("https://")
        tab = await browser.open(printed, ignore_https_errors=True, **PHONE)
        assert await tab.run("isSecureContext && location.hash === ''")
        await tab.until("document.querySelectorAll('#panel details').length === 5")
        await tab.page.click("[data-start=camera]")
        await tab.until(f"{STATE} === 'connected'")
        await tab.until("document.querySelector('#after video').videoWidth > 0")
        assert tab.errors == []


async def test_without_the_printed_token_a_page_gets_nothing(camera: FakeCamera) -> None:
    async with (
        changebg_serve("--host", "0.0.0.0", "--tls", "auto", "--drain", "0") as served,
        chromium(camera) as browser,
    ):
        tab = await browser.open(served.url, ignore_https_errors=True)
        for path in ("v1/sessions", "v1/catalog", "v1/events", "v1/ice-servers", "metrics"):
            assert await tab.run("fetch(path).then((answer) => answer.status)", path=path) == 401, path
