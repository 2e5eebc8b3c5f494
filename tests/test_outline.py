"""Who stands before the screen, what lies beyond its edge, and which mattes are not to be trusted for it."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from tests.twins import outline as twin
from transforms.cells import Cells
from transforms.kernels import outline as kernels
from transforms.outline import Outline
from transforms.picture import Matrix, Picture, Size

WIDTH, HEIGHT, SIDE = 320, 240, 4
Samples = NDArray[np.uint8]


def outline_of(width: int = WIDTH, height: int = HEIGHT) -> Outline:
    return Outline(Cells(Picture.blank(Size(width, height), matrix=Matrix.BT601, full_range=False)))


def person() -> Samples:
    alpha = np.zeros((HEIGHT, WIDTH), np.uint8)
    alpha[60:, 120:200] = 255
    alpha[140:, 60:260] = 255
    return alpha


def worst(outline: Outline) -> tuple[float, str]:
    return min(outline.shares)


@settings(max_examples=60, deadline=None)
@given(seed=st.integers(0, 2**32 - 1), rows=st.integers(1, 30), columns=st.integers(1, 30))
def test_labels_are_their_twins(seed: int, rows: int, columns: int) -> None:
    random = np.random.default_rng(seed)
    foreground = random.random((rows, columns)) < 0.35
    for _ in range(3):
        y, x = random.integers(0, rows), random.integers(0, columns)
        foreground[y : y + random.integers(1, 20), x : x + random.integers(1, 20)] = random.random() < 0.7
    known = random.random((rows, columns)) < 0.5
    alpha = np.repeat(np.repeat(foreground, SIDE, 0), SIDE, 1).astype(np.uint8) * 255
    seen, strayed = (np.full(rows * columns, kernels.NEVER, np.float32) for _ in range(2))
    seen[known.reshape(-1)] = 5.0
    labels, stack, out = (
        np.zeros(rows * columns, np.uint8),
        np.zeros(rows * columns, np.int64),
        np.zeros(11, np.float32),
    )
    upper = max(1, round(0.45 * rows))
    place = (alpha.shape[1], alpha.shape[0], SIDE, columns, rows, upper, 6.0)
    kernels.outline(alpha.reshape(-1), *place, seen, strayed, labels, stack, np.zeros_like(labels), out)
    ideal = twin.labels(foreground, known=known, upper=upper)
    found = labels.reshape(rows, columns)
    assert (found == ideal).all()
    shows = (found == kernels.SCREEN) | (found == kernels.RIM)
    assert out[kernels.SEEN] == pytest.approx(shows.mean())
    assert out[kernels.TOP] == pytest.approx(shows[:2].mean())
    assert out[kernels.LEFT_BEYOND] == pytest.approx((found[:upper, :2] == kernels.BEYOND).mean())


def test_a_person_before_a_screen_is_left_as_they_are() -> None:
    outline, alpha = outline_of(), person()
    outline.draw(alpha, 0.0)
    assert worst(outline)[0] >= 2
    assert outline.trim(alpha) is alpha


@pytest.mark.parametrize("column", [0, WIDTH - 12])
def test_a_strip_beside_the_screen_is_made_transparent(column: int) -> None:
    """And once the person's shoulder hangs together with it, nothing tells them apart."""
    outline, alpha = outline_of(), person()
    alpha[:60, column : column + 12] = 255
    outline.draw(alpha, 0.0)
    trimmed = outline.trim(alpha)
    assert (trimmed == person()).all()
    alpha[:, column : column + 12] = 255
    alpha[150:, :] = 255
    outline.draw(alpha, 0.1)
    share, reason = worst(outline)
    assert share < 1
    assert reason.startswith("the screen does not reach the")


def test_the_rod_the_screen_hangs_from_is_made_transparent() -> None:
    outline, alpha = outline_of(), person()
    alpha[:6] = 255
    outline.draw(alpha, 0.0)
    assert (outline.trim(alpha)[:8] == 0).all()
    assert worst(outline)[0] >= 1


def test_a_raised_arm_that_touches_a_side_is_the_persons() -> None:
    outline, alpha = outline_of(), person()
    alpha[70:90, :130] = 255
    outline.draw(alpha, 0.0)
    assert outline.trim(alpha) is alpha
    assert worst(outline)[0] >= 1


def test_a_second_person_who_comes_in_from_the_side_is_kept() -> None:
    outline, alpha = outline_of(), person()
    alpha[100:, 280:] = 255
    outline.draw(alpha, 0.0)
    assert outline.trim(alpha) is alpha


def test_a_hand_is_kept_where_the_screen_was_seen() -> None:
    """It comes in from the side, its arm out of the picture."""
    hand = person()
    hand[40:70, 280:] = 255
    outline = outline_of()
    outline.draw(hand, 0.0)
    assert (outline.trim(hand) == person()).all()
    outline = outline_of()
    outline.draw(person(), 0.0)
    outline.draw(hand, 0.1)
    assert outline.trim(hand) is hand


def test_who_leans_into_a_corner_is_sure_where_the_screen_was_seen() -> None:
    leaning = person()
    leaning[:150, :130] = 255
    leaning[60:] = np.maximum(leaning[60:], person()[60:])
    outline = outline_of()
    outline.draw(leaning, 0.0)
    assert worst(outline)[0] < 1
    leaning[40:, :60] = 0
    outline = outline_of()
    outline.draw(person(), 0.0)
    outline.draw(leaning, 0.1)
    assert worst(outline)[0] >= 1


def test_what_came_from_beyond_stays_strange_when_it_joins_the_person() -> None:
    """As when a camera turns away and the wall reaches the head."""
    outline, alpha = outline_of(), person()
    outline.draw(alpha, 0.0)
    alpha[:50, 230:] = 255
    outline.draw(alpha, 0.1)
    assert (outline.trim(alpha) == person()).all()
    alpha[:70, 150:] = 255
    outline.draw(alpha, 0.2)
    assert worst(outline)[0] < 1


@pytest.mark.parametrize("value", [0, 255])
def test_an_empty_and_a_full_matte(value: int) -> None:
    outline = outline_of()
    outline.draw(np.full((HEIGHT, WIDTH), value, np.uint8), 0.0)
    assert (worst(outline)[0] >= 1) == (value == 0)
