"""Edge controls on mattes and pictures: what they change, what they leave alone, and what they show."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from tests.twins.composite import upsampled
from transforms.compositor import composite
from transforms.edge import EdgeControls
from transforms.effect import Edge, EffectError
from transforms.matting import Matte, ScreenColor
from transforms.picture import Matrix, Picture, Size

SIZE = Size(160, 96)
SCREEN, PERSON, BACKDROP = (110, 90, 70), (150, 120, 160), (60, 128, 128)


def flat(*levels: int, size: Size = SIZE) -> Picture:
    picture = Picture.blank(size, matrix=Matrix.BT601, full_range=False)
    for plane, level in zip(picture.planes, levels, strict=True):
        plane.rows[:] = level
    return picture


def left_half(size: Size = SIZE) -> NDArray[np.uint8]:
    alpha = np.zeros((size.height, size.width), np.uint8)
    alpha[:, : size.width // 2] = 255
    return alpha


def before_screen() -> tuple[Picture, Matte]:
    """A person in the left half before a flat screen, all known exactly; chroma filtered down as it is."""
    picture = flat(*SCREEN)
    for plane, person, screen in zip(picture.planes, PERSON, SCREEN, strict=True):
        middle = plane.width // 2
        plane.rows[:, :middle] = person
        if plane is not picture.y:
            plane.rows[:, middle] = round(person / 4 + 3 * screen / 4)
    return picture, Matte(left_half(), ScreenColor(np.array(SCREEN, np.float32).reshape(3, 1, 1)))


def shown(edge: Edge) -> Picture:
    picture, matte = before_screen()
    controls, out = EdgeControls(edge), flat(0, 0, 0)
    composite(picture, flat(*BACKDROP), matte, out, edged=controls.edged(picture, matte), despill=controls.despill)
    return out


def saved(path: Path, pixels: NDArray[np.uint8]) -> Path:
    Image.fromarray(pixels).save(path)
    return path


def test_despill_alone_leaves_alpha_to_the_matting() -> None:
    controls = EdgeControls(Edge(despill=0.25))
    assert controls.despill == 0.25
    assert controls.edged(*before_screen()) is None
    assert EdgeControls(Edge()).despill == 1


def test_the_mattings_own_array_is_not_written() -> None:
    picture, matte = before_screen()
    frozen = matte.alpha
    frozen.flags.writeable = False
    edged = EdgeControls(Edge((0.1, 0.9), 2.5, 3.0)).edged(picture, matte)
    assert edged is not None
    assert (edged.alpha != frozen).any()
    assert (frozen == left_half()).all()


def test_alpha_of_chromas_size_is_worked_on_at_lumas() -> None:
    """A pixel of shrinking is a pixel of the picture, whatever the matting's size."""
    picture = flat(*SCREEN)
    half = np.ascontiguousarray(left_half()[::2, ::2])
    full = np.floor(upsampled(half.astype(float), *SIZE) + 0.5).astype(np.uint8)
    for edge in (Edge(shrink=1.5), Edge(feather=2.0), Edge(clip=(0.3, 0.7))):
        edged, ideal = (EdgeControls(edge).edged(picture, Matte(alpha)) for alpha in (half, full))
        assert edged is not None
        assert ideal is not None
        assert (edged.alpha == ideal.alpha).all()


def test_a_shrunken_edge_does_not_darken_the_person() -> None:
    """Half a pixel in from the person's outline, half the person and half the backdrop: nothing of the screen."""
    out = shown(Edge(shrink=2.5))
    middle = SIZE.width // 2
    assert (out.y.rows[:, : middle - 3] == PERSON[0]).all()
    assert (out.y.rows[:, middle - 2 :] == BACKDROP[0]).all()
    assert (abs(out.y.rows[:, middle - 3].astype(int) - (PERSON[0] + BACKDROP[0]) / 2) <= 1).all()


def test_an_edge_moved_outward_shows_the_picture() -> None:
    out = shown(Edge(shrink=-3))
    middle = SIZE.width // 2
    assert (out.y.rows[:, middle : middle + 3] == SCREEN[0]).all()
    assert (out.y.rows[:, middle + 3 :] == BACKDROP[0]).all()


@pytest.mark.parametrize("feather", [1.0, 3.0, 10.0])
def test_a_softened_edge_fades_from_the_person_to_the_backdrop(feather: float) -> None:
    """Not by way of the screen, whose every plane lies outside of the way from one to the other."""
    out = shown(Edge(feather=feather))
    for plane, person, behind in zip(out.planes, PERSON, BACKDROP, strict=True):
        row = plane.rows[plane.height // 2].astype(int)
        assert row.min() >= min(person, behind) - 1
        assert row.max() <= max(person, behind) + 1
        assert (np.diff(row) * np.sign(behind - person) >= -1).all()


def test_softened_with_no_despill_it_is_the_plain_mixture() -> None:
    picture, matte = before_screen()
    edge = Edge(feather=3, despill=0)
    edged = EdgeControls(edge).edged(picture, matte)
    assert edged is not None
    share = edged.alpha / 255
    ideal = share * picture.y.rows + (1 - share) * BACKDROP[0]
    assert np.abs(shown(edge).y.rows - ideal).max() <= 1.1


def test_a_softened_edge_around_nobody_is_nothing() -> None:
    picture, matte = before_screen()
    faint = Matte(np.full_like(matte.alpha, 90), matte.screen)
    edged = EdgeControls(Edge(feather=4)).edged(picture, faint)
    assert edged is not None
    assert edged.person is None
    assert (edged.alpha == 90).all()


def test_garbage_hides_and_holdout_shows_exactly_and_garbage_wins(tmp_path: Path) -> None:
    garbage, holdout = np.zeros((2, 96, 160), np.uint8)
    garbage[20:60, 10:50], holdout[40:80, 30:120] = 255, 255
    edge = Edge(
        (0.1, 0.9), 1.5, 4, None, saved(tmp_path / "garbage.png", garbage), saved(tmp_path / "holdout.png", holdout)
    )
    out = shown(edge)
    picture, _ = before_screen()
    hidden, held = garbage == 255, (holdout == 255) & (garbage == 0)
    assert (out.y.rows[hidden] == BACKDROP[0]).all()
    assert (out.y.rows[held] == picture.y.rows[held]).all()
    inside = held[::2, ::2] & held[1::2, ::2] & np.roll(held, 1, 1)[::2, ::2] & np.roll(held, -1, 1)[::2, ::2]
    assert (out.cb.rows[inside] == picture.cb.rows[inside]).all()


def test_soft_masks_hold_alpha_in_part(tmp_path: Path) -> None:
    grey = saved(tmp_path / "grey.png", np.full((16, 16), 100, np.uint8))
    picture, matte = before_screen()
    held = EdgeControls(Edge(holdout=grey)).edged(picture, matte)
    hidden = EdgeControls(Edge(garbage=grey)).edged(picture, matte)
    assert held is not None
    assert hidden is not None
    assert np.unique(held.alpha).tolist() == [100, 255]
    assert np.unique(hidden.alpha).tolist() == [0, 155]


def test_masks_follow_the_pictures_size(tmp_path: Path) -> None:
    mask = saved(tmp_path / "mask.png", left_half(Size(40, 30)))
    controls = EdgeControls(Edge(garbage=mask, feather=1.0))
    for size in (Size(64, 64), Size(33, 17), Size(1, 1), Size(64, 64)):
        edged = controls.edged(flat(*SCREEN, size=size), Matte(np.full((size.height, size.width), 255, np.uint8)))
        assert edged is not None
        assert edged.alpha.shape == (size.height, size.width)
        assert (edged.alpha[:, : size.width // 2 - 1] == 0).all()


def test_unchanged_masks_are_not_read_again(tmp_path: Path) -> None:
    mask = saved(tmp_path / "mask.png", left_half(Size(40, 30)))
    first = EdgeControls(Edge(garbage=mask))
    mask.unlink()
    assert EdgeControls(Edge(garbage=mask, feather=2), first).garbage is first.garbage
    with pytest.raises(EffectError, match=r"holdout mask .*other\.png is not there"):
        EdgeControls(Edge(garbage=mask, holdout=tmp_path / "other.png"), first)
