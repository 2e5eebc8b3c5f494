"""The store of pictures: what is taken, what is kept of it, and what is refused."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import replace
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from gateway.backgrounds import Backgrounds, apart
from gateway.backgrounds.drawn import DRAWINGS
from gateway.backgrounds.formats import MEDIA_TYPES
from gateway.backgrounds.intake import take_in
from gateway.backgrounds.store import MOST_UPLOADS
from gateway.backgrounds.upload import BLOCK, MOST_OCTETS, MOST_VIDEO_OCTETS
from gateway.effect import DEFAULT_BACKGROUND, AssetKind
from gateway.errors import ArgumentError, Busy, Forbidden, GatewayError, NotFound, StoreFull, TooLarge, UnsupportedMedia
from tests.uploads import SVG, encoded, film, located_photo, photo, png_of
from transforms.still import load_image, load_layer, load_mask


@pytest.fixture(scope="module")
def drawn(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder in which the built-in ones are painted already."""
    folder = tmp_path_factory.mktemp("backgrounds")

    async def paint() -> None:
        async with Backgrounds(folder):
            pass

    asyncio.run(paint())
    return folder


@pytest.fixture
def folder(drawn: Path, tmp_path: Path) -> Path:
    """A folder of the test's own, the built-in ones painted."""
    for place in drawn.glob("builtin-*"):
        (tmp_path / place.name).symlink_to(place)
    return tmp_path


def _left_half_written(folder: Path) -> list[Path]:
    return list(folder.glob("incoming-*"))


@pytest.fixture
async def store(drawn: Path) -> AsyncIterator[Backgrounds]:
    async with Backgrounds(drawn) as opened:
        yield opened
        for asset in list(opened):
            if not asset.is_built_in:
                await opened.delete(asset.id)


@pytest.mark.parametrize("form", MEDIA_TYPES)
async def test_a_picture_of_every_format_taken_becomes_a_background(store: Backgrounds, form: str) -> None:
    asset = await store.add(photo(form), name="Beach")
    kept = await asyncio.to_thread(load_image, store.path(asset.id, "background"))
    assert (asset.kind, asset.name, asset.width, asset.height) == ("background", "Beach", 320, 240)
    assert asset.octets == store.path(asset.id, "background").stat().st_size
    expected = np.asarray(Image.open(BytesIO(photo(form))).convert("RGB")).astype(int)
    assert np.abs(kept.astype(int) - expected).mean() < 2


async def test_nothing_of_the_upload_but_its_look_is_kept(store: Backgrounds) -> None:
    asset = await store.add(located_photo() + b"PK\x03\x04 a second file <script>")
    kept = store.path(asset.id, "background").read_bytes()
    assert (asset.width, asset.height) == (40, 60)
    assert not any(part in kept for part in (b"SECRET", b"<script>", b"Exif", b"PK\x03\x04"))


async def test_the_same_picture_is_kept_once_and_found_under_the_same_id(store: Backgrounds) -> None:
    first, again, other = [await store.add(photo("PNG", seed=seed)) for seed in (1, 1, 2)]
    assert first == again
    assert other.id != first.id
    assert len([asset for asset in store if not asset.is_built_in]) == 2


async def test_one_picture_as_plate_and_as_background_is_two(store: Backgrounds) -> None:
    plate, background = await store.add(photo(), kind="plate"), await store.add(photo())
    assert plate.id != background.id
    with pytest.raises(NotFound, match="is a plate, no background"):
        store.path(plate.id, "background")


async def test_a_plate_keeps_every_level(store: Backgrounds) -> None:
    asset = await store.add(photo("PNG"), kind="plate")
    expected = np.asarray(Image.open(BytesIO(photo("PNG"))))
    assert np.array_equal(await asyncio.to_thread(load_image, store.path(asset.id, "plate")), expected)


async def test_a_mask_drawn_in_transparency_is_kept_as_grey(store: Backgrounds) -> None:
    drawing = Image.new("RGBA", (64, 48), (0, 0, 0, 0))
    drawing.paste((0, 0, 0, 255), (0, 0, 32, 48))
    asset = await store.add(encoded(drawing, "PNG"), kind="mask")
    mask = await asyncio.to_thread(load_mask, store.path(asset.id, "mask"))
    assert (mask[0, 0], mask[0, 63]) == (255, 0)


async def test_what_is_transparent_stays_so(store: Backgrounds) -> None:
    logo = Image.new("RGBA", (64, 48), (200, 40, 20, 255))
    logo.paste((0, 0, 255, 0), (0, 0, 32, 48))
    asset = await store.add(encoded(logo, "PNG"))
    kept = (await asyncio.to_thread(load_layer, store.path(asset.id, "background"))).pixels
    assert (asset.media_type, kept.shape) == ("image/png", (48, 64, 4))
    assert (kept[0, 0, 3], tuple(kept[0, 63])) == (0, (200, 40, 20, 255))
    with Image.open(store.thumbnail(asset.id)) as small:
        assert np.asarray(small)[:8, :8].max() < 16


@pytest.mark.parametrize("form", ["mp4", "matroska"])
async def test_a_video_becomes_one_of_our_own_making(store: Backgrounds, form: str) -> None:
    asset = await store.add(film(form), name="Waves")
    kept = store.path(asset.id, "video")
    assert (asset.kind, asset.media_type, asset.width, asset.height) == ("video", "video/mp4", 64, 48)
    assert asset.seconds == pytest.approx(12 / 25, abs=0.05)
    content = await asyncio.to_thread(kept.read_bytes)
    assert (len(content), content[4:8]) == (asset.octets, b"ftyp")
    assert b"SECRET" not in content
    with Image.open(store.thumbnail(asset.id)) as small:
        assert (small.size, small.format) == ((64, 48), "JPEG")
    with pytest.raises(NotFound, match="is a video, no background"):
        store.path(asset.id, "background")


@pytest.mark.parametrize(
    ("content", "kind", "error"),
    [
        (film(), "background", UnsupportedMedia),
        (film(), "plate", UnsupportedMedia),
        (photo(), "video", UnsupportedMedia),
        (film()[:900], "video", GatewayError),
        (b"\0\0\0\x20ftypisom" + bytes(500), "video", GatewayError),
        (b"\x1a\x45\xdf\xa3" + bytes(500), None, GatewayError),
    ],
)
async def test_what_is_no_video_or_no_picture_is_not_taken_for_one(
    store: Backgrounds, content: bytes, kind: AssetKind | None, error: type[GatewayError]
) -> None:
    with pytest.raises(error) as refusal:
        await store.add(content, kind=kind)
    assert "/" not in str(refusal.value)
    assert all(asset.is_built_in for asset in store)


async def test_a_picture_need_not_wait_for_a_video(store: Backgrounds) -> None:
    async with store._decoding["video"]:
        waiting = asyncio.create_task(store.add(film()))
        assert (await store.add(photo())).kind == "background"
        assert not waiting.done()
    assert (await waiting).kind == "video"


async def test_an_upload_goes_to_disk_as_it_comes(store: Backgrounds, drawn: Path) -> None:
    async with store.upload() as upload:
        for _ in range(5):
            await upload.write(b"\x1a\x45\xdf\xa3" + bytes(BLOCK - 4))
        assert upload.path.stat().st_size == 5 * BLOCK
        with pytest.raises(TooLarge, match="the video has more than 128 MiB"):
            for _ in range(MOST_VIDEO_OCTETS // BLOCK):
                await upload.write(bytes(BLOCK))
    assert _left_half_written(drawn) == []


async def test_a_thumbnail_is_small_and_has_the_pictures_aspect(store: Backgrounds) -> None:
    asset = await store.add(photo(size=(1000, 500)))
    with Image.open(store.thumbnail(asset.id)) as small:
        assert (small.size, small.format) == ((320, 160), "JPEG")


@pytest.mark.parametrize(
    ("content", "error"),
    [
        (SVG, UnsupportedMedia),
        (b"", UnsupportedMedia),
        (b"%PDF-1.7 " + photo(), UnsupportedMedia),
        (b"<html>" + photo(), UnsupportedMedia),
        (encoded(Image.new("RGB", (64, 64)), "TIFF"), UnsupportedMedia),
        (b"\xff\xd8\xff" + SVG, ArgumentError),
        (photo("PNG")[:300], ArgumentError),
        (photo("WEBP")[:300], ArgumentError),
        (b"\x89PNG\r\n\x1a\n" + photo("JPEG"), ArgumentError),
        (encoded(Image.new("RGB", (8, 8)), "PNG"), ArgumentError),
        (png_of(9000, 9000), TooLarge),
        (png_of(60_000, 60_000), TooLarge),
        (photo() + bytes(MOST_OCTETS), TooLarge),
    ],
)
async def test_what_is_no_picture_that_is_taken_is_refused(
    store: Backgrounds, content: bytes, error: type[GatewayError]
) -> None:
    before = list(store)
    with pytest.raises(error) as refusal:
        await store.add(content)
    assert type(refusal.value) is error
    assert "/" not in str(refusal.value)
    assert list(store) == before


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.data_too_large])
@given(
    form=st.sampled_from(list(MEDIA_TYPES)),
    cut=st.integers(0, 2000),
    noise=st.binary(max_size=40),
    kind=st.sampled_from(["background", "plate", "mask"]),
)
def test_damaged_pictures_are_taken_or_refused_and_nothing_else(
    form: str, cut: int, noise: bytes, kind: AssetKind
) -> None:
    whole = photo(form, size=(40, 30))
    damaged = whole[:cut] + noise + whole[cut + len(noise) :]
    try:
        kept = take_in(damaged, kind)
    except GatewayError:
        return
    assert min(kept.width, kept.height) >= 16


async def test_uploads_are_still_there_after_a_restart_and_half_written_ones_are_gone(folder: Path) -> None:
    async with Backgrounds(folder) as store:
        asset, damaged = await store.add(photo(), name="Beach"), await store.add(photo(seed=5))
    (folder / "incoming-abc").mkdir()
    (folder / damaged.id / "picture").write_bytes(b"half")
    async with Backgrounds(folder) as store:
        assert [kept for kept in store if not kept.is_built_in] == [asset]
        assert (await store.add(photo(seed=5))).octets == damaged.octets
    assert _left_half_written(folder) == []


async def test_a_deleted_picture_is_gone_and_a_built_in_one_stays(store: Backgrounds) -> None:
    asset = await store.add(photo())
    place = store.path(asset.id, "background")
    await store.delete(asset.id)
    assert not place.exists()
    with pytest.raises(NotFound):
        store.get(asset.id)
    with pytest.raises(Forbidden):
        await store.delete(DEFAULT_BACKGROUND)


def test_the_built_in_ones_are_quiet_pictures_of_their_own() -> None:
    pictures = {drawing.id: np.asarray(drawing.image()) for drawing in DRAWINGS}
    assert DEFAULT_BACKGROUND in pictures
    for picture in pictures.values():
        assert picture.shape == (1080, 1920, 3)
        assert 10 < picture.mean() < 235
        assert picture.std() > 5
    assert len({int(picture.mean()) for picture in pictures.values()}) == len(pictures)


async def test_a_full_store_says_so(drawn: Path) -> None:
    async with Backgrounds(drawn, quota=1000) as store:
        with pytest.raises(StoreFull):
            await store.add(photo())
        assert all(asset.is_built_in for asset in store)


async def test_a_picture_that_takes_too_long_is_given_up(store: Backgrounds, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(apart, "OF_PICTURES", replace(apart.OF_PICTURES, patience=0.0))
    with pytest.raises(ArgumentError, match="too long"):
        await store.add(photo())
    assert all(asset.is_built_in for asset in store)


@pytest.mark.parametrize(
    "told", [b"", b"{", b"[]", b'{"refused": "SystemExit", "detail": ""}', b'{"width": "a"}', b"\xff"]
)
def test_whatever_a_decoder_dies_of_the_picture_was_damaged(told: bytes) -> None:
    with pytest.raises(ArgumentError, match="the mask cannot be read"):
        apart._shape(told, "mask")


async def test_only_so_many_uploads_have_a_place_at_once(store: Backgrounds) -> None:
    async with AsyncExitStack() as places:
        for _ in range(MOST_UPLOADS):
            await places.enter_async_context(store.upload())
        with pytest.raises(Busy):
            await places.enter_async_context(store.upload())
    async with store.upload():
        pass


async def test_an_upload_whose_client_left_is_finished_before_the_store_closes(folder: Path) -> None:
    async with Backgrounds(folder) as store:
        upload = asyncio.create_task(store.add(photo(size=(2000, 1500))))
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        upload.cancel()
        with pytest.raises(asyncio.CancelledError):
            await upload
    assert _left_half_written(folder) == []


async def test_an_upload_that_is_cancelled_twice_leaves_nothing(store: Backgrounds, drawn: Path) -> None:
    begun = asyncio.Event()

    async def upload() -> None:
        async with store.upload() as arriving:
            await arriving.write(bytes(BLOCK))
            begun.set()
            await asyncio.Event().wait()

    uploading = asyncio.create_task(upload())
    await begun.wait()
    uploading.cancel()
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    uploading.cancel()  # as the end of the loop does to what is ending already
    await asyncio.wait([uploading])
    assert _left_half_written(drawn) == []


@pytest.mark.parametrize("name", ["../etc/passwd", "/etc/passwd", "", ".", "builtin:none", "a" * 4000])
async def test_no_path_from_outside_leads_to_a_file(store: Backgrounds, name: str) -> None:
    for look in (store.get, store.thumbnail, lambda asset_id: store.path(asset_id, "background")):
        with pytest.raises(NotFound):
            look(name)
