"""Which colour is found, and that no room is taken for a screen."""

from __future__ import annotations

from pathlib import Path

import av
import numpy as np
import pytest
from PIL import Image

from tests.screens import BLUE, GREEN, SIZE, SKIN, TEAL, bust, drawn
from transforms.cells import Cells
from transforms.effect import Color, EffectError
from transforms.key_color import KeyColor, find_key_color, may_be, require_strong, to_color, typed_key
from transforms.picture import Matrix, Picture, Size
from transforms.rgb import picture_from_rgb
from transforms.sample import SampleCaller
from transforms.shading import ShadingLine

SHARED = Path(__file__).parents[1].parent / "shared"
MAGENTA, YELLOW, PASTEL = (Color.parse(text) for text in ("d21ec8", "dcc814", "8cb996"))


def found_in(picture: Picture, seed: Color | None = None, *, exact: bool = False) -> KeyColor:
    cells = Cells(picture)
    cells.measure(picture)
    return find_key_color(cells, picture, seed=seed, exact=exact)[0]


@pytest.mark.parametrize("matrix", list(Matrix))
@pytest.mark.parametrize("full_range", [False, True])
@pytest.mark.parametrize("screen", [TEAL, GREEN, BLUE, MAGENTA, YELLOW, PASTEL])
def test_any_hue_is_found_without_a_hint(screen: Color, matrix: Matrix, full_range: bool) -> None:
    picture = drawn(screen, SKIN, bust(), noise=1.0, matrix=matrix, full_range=full_range)
    found = found_in(picture)
    assert found.accepted, found.reasons
    assert found.line is not None
    _, cb, cr = matrix.to_ycbcr(screen, full_range=full_range)
    assert found.line.seen[1] + 128 == pytest.approx(cb, abs=3)
    assert found.line.seen[2] + 128 == pytest.approx(cr, abs=3)
    for name in ("red", "green", "blue"):
        assert getattr(found.color, name) == pytest.approx(getattr(screen, name), abs=6)


def test_similarity_takes_in_the_screens_noise() -> None:
    quiet, noisy = (found_in(drawn(TEAL, SKIN, bust(), noise=noise)).similarity for noise in (0.3, 3.0))
    assert 0 < quiet < noisy < 0.2


@pytest.mark.parametrize("grey", ["808080", "8a8680", "101010", "f0f0f0"])
def test_a_grey_wall_is_refused(grey: str) -> None:
    found = found_in(drawn(Color.parse(grey), SKIN, bust(), noise=1.0))
    assert not found.accepted
    assert found.reasons


def test_the_drawn_room_is_refused() -> None:
    found = found_in(Picture.of(SampleCaller(Size(360, 640), screen=None).frame(0)[0]))
    assert not found.accepted


def test_a_poster_on_a_wall_is_refused() -> None:
    mask = np.ones((SIZE.height, SIZE.width))
    mask[20:70, 20:60] = 0
    found = found_in(drawn(GREEN, Color.parse("a09a90"), mask, noise=1.0))
    assert not found.accepted


def test_a_seed_narrows_the_search() -> None:
    """Half blue, half green: each is found by its own name, and red by none."""
    mask = np.zeros((SIZE.height, SIZE.width))
    mask[:, 80:] = 1
    picture = drawn(GREEN, BLUE, mask, noise=1.0)
    for seed in (GREEN, BLUE):
        found = found_in(picture, seed)
        assert found.line is not None
        assert found.color.green == pytest.approx(seed.green, abs=8)
    assert found_in(picture, Color.parse("c02020")).line is None


@pytest.mark.parametrize(("light", "may"), [(0.3, False), (0.5, True), (1.0, True), (1.6, True), (1.8, False)])
def test_light_may_dim_a_typed_key_but_not_past_belief(light: float, may: bool) -> None:
    assert may_be((-60 * light, -50 * light), (-60.0, -50.0)) == may
    assert not may_be((60 * light, -50 * light), (-60.0, -50.0))


@pytest.mark.parametrize("color", ["808080", "000000", "ffffff", "7a8088"])
def test_a_typed_grey_is_refused_by_name(color: str) -> None:
    with pytest.raises(EffectError, match=f"{color} is too grey"):
        require_strong(Color.parse(color))


@pytest.mark.parametrize("folder", ["portraits", "backgrounds"])
def test_no_photograph_of_people_or_rooms_is_accepted(folder: str) -> None:
    """One of them shows a stage evenly lit in blue."""
    images = sorted((SHARED / "media" / folder).glob("*.jpg"))
    if not images:
        pytest.skip("needs the shared folder beside the checkout")
    for path in images:
        for side in (960, 640):
            with Image.open(path) as image:
                image.thumbnail((side, side))
                rgb = np.asarray(image.convert("RGB"))
            picture = picture_from_rgb(rgb, matrix=Matrix.BT601, full_range=False)
            assert not found_in(picture).accepted, path.name


def videos() -> list[Path]:
    rooms = sorted((SHARED / "bench").glob("df_*/in.mp4"))
    return [*sorted((SHARED / "media" / "webcam").iterdir()), *sorted((SHARED / "media" / "plates").iterdir()), *rooms]


@pytest.mark.skipif(not (SHARED / "media").exists(), reason="needs the shared folder beside the checkout")
def test_no_picture_of_a_camera_in_a_room_is_accepted() -> None:
    for path in videos():
        with av.open(str(path)) as shown:
            for number, frame in enumerate(shown.decode(video=0)):
                if number % 12 == 0:
                    found = found_in(Picture.of(frame.reformat(format="yuv420p")))
                    assert not found.accepted, (path.name, number)


@pytest.mark.parametrize("screen", [GREEN, BLUE, TEAL])
def test_a_close_up_is_accepted_where_the_screen_shows_in_the_corners(screen: Color) -> None:
    """The head reaches the top edge, the shoulders both sides: a sixth of the picture is left."""
    y, x = np.mgrid[: SIZE.height, : SIZE.width]
    head = np.hypot((x - 80) / 62, (y - 52) / 66) < 1
    mask = (head | (y > 70)).astype(np.float64)
    assert 0.8 < mask.mean() < 0.9
    found = found_in(drawn(screen, SKIN, mask, noise=1.0))
    assert found.accepted, found.reasons


def test_a_screen_of_three_per_cent_is_refused() -> None:
    mask = np.ones((SIZE.height, SIZE.width))
    mask[:30, 60:80] = 0
    assert not found_in(drawn(GREEN, SKIN, mask, noise=1.0), GREEN).accepted


def test_an_exact_key_is_the_typed_one() -> None:
    picture = drawn(TEAL, SKIN, bust(), noise=1.0)
    found = found_in(picture, typed := Color.parse("307090"), exact=True)
    assert found.accepted, found.reasons
    assert found.line is not None
    assert found.line.key == typed_key(typed, picture)


@pytest.mark.parametrize("typed", [GREEN, BLUE, MAGENTA])
def test_an_exact_key_that_is_not_there_is_refused(typed: Color) -> None:
    assert not found_in(drawn(TEAL, SKIN, bust(), noise=1.0), typed, exact=True).accepted


@pytest.mark.parametrize("matrix", list(Matrix))
@pytest.mark.parametrize("seen", [(90.0, -60.0, -70.0), (20.0, 70.0, -10.0), (200.0, -90.0, 15.0)])
def test_a_colour_that_does_not_exist_keeps_its_chroma(matrix: Matrix, seen: tuple[float, float, float]) -> None:
    """Cameras and codecs make Y'CbCr that no sRGB has: then the luma gives way."""
    picture = Picture.blank(SIZE, matrix=matrix, full_range=False)
    color = to_color(ShadingLine(seen[1:], seen, 0.0, 0.01, 0.01, 100.0), picture)
    _, cb, cr = matrix.to_ycbcr(color, full_range=False)
    assert (cb - 128, cr - 128) == pytest.approx(seen[1:], abs=1)


@pytest.mark.parametrize(("screen", "may"), [("a86040", False), ("ccb485", False), ("e55000", True), ("cc8585", True)])
def test_a_screen_of_skins_hue_must_be_stronger_than_skin(screen: str, may: bool) -> None:
    found = found_in(drawn(Color.parse(screen), Color.parse("302c28"), bust(), noise=1.0))
    assert found.accepted == may, found.reasons
    if not may:
        assert found.reasons[0] == "a face has its hue"
