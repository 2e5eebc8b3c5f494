"""The composite's kernel against its plain-numpy twin."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from tests.planes import composite_plane, draw, drawn_alpha, strided
from tests.twins import composite as twin
from transforms.kernels.stretch import stretch
from transforms.matting import hat

SIZES = st.tuples(st.integers(1, 150), st.integers(1, 20))
SEEDS = st.integers(0, 2**32 - 1)

Samples = NDArray[np.uint8]
Levels = NDArray[np.float32]


def rounded_alike(levels: Samples, ideal: NDArray[np.float64]) -> bool:
    """Whether every level is the ideal's, rounded; within single precision of a half either will do."""
    return bool((np.abs(levels - ideal) <= 0.5 + 1e-3).all())


@settings(max_examples=60, deadline=None)
@given(size=SIZES, seed=SEEDS, padding=st.integers(0, 40), factor=st.sampled_from(["up", "same", "down"]))
def test_a_composited_plane_is_its_twins(size: tuple[int, int], seed: int, padding: int, factor: str) -> None:
    random = np.random.default_rng(seed)
    width, height = size
    person, behind = random.integers(0, 256, (2, height, width), dtype=np.uint8)
    if factor == "up":
        alpha = drawn_alpha(random, (width + 1) // 2, (height + 1) // 2)
        opacity = twin.upsampled(alpha.astype(float), width, height)
    elif factor == "down":
        alpha = drawn_alpha(random, 2 * width - seed % 2, 2 * height - seed // 2 % 2)
        opacity = twin.downsampled(alpha.astype(float))
    else:
        alpha = drawn_alpha(random, width, height)
        opacity = alpha.astype(float)
    grid = random.uniform(0, 255, (seed % 5 + 1, seed % 3 + 1)).astype(np.float32)
    black = 16 if seed % 2 else 0
    screen = twin.stretched(grid.astype(np.float64), width, height)
    out = composite_plane(person, behind, alpha, grid=grid, black=black, padding=padding)
    ideal = twin.composite(person.astype(int), behind.astype(int), opacity, screen, black=black)
    assert (out == ideal)[np.abs(screen % 1 - 0.5) > 1e-3].all()  # at a half, single precision may round the other way
    assert np.abs(out - ideal).max() <= 1
    assert (out[opacity == 0] == behind[opacity == 0]).all()
    assert (out[opacity == 255] == person[opacity == 255]).all()


@settings(max_examples=30, deadline=None)
@given(seed=SEEDS, black=st.sampled_from([0, 16]))
def test_whole_numbers_stay_within_a_level_of_the_formula(seed: int, black: int) -> None:
    random = np.random.default_rng(seed)
    person, behind, alpha = random.integers(0, 256, (3, 16, 64), dtype=np.uint8)
    grid = random.uniform(0, 255, (1, 1)).astype(np.float32)
    person = np.maximum(person, np.uint8(black))
    out = composite_plane(person, behind, alpha, grid=grid, black=black)
    screen = np.full(person.shape, float(grid[0, 0]))
    ideal = twin.formula(person.astype(float), behind.astype(float), alpha / 255, screen, black=black)
    assert np.abs(out - ideal).max() <= 1.6  # half a level of alpha and of the screen, and the rounding


@settings(max_examples=30, deadline=None)
@given(size=SIZES, seed=SEEDS)
def test_without_a_screen_the_person_is_taken_at_its_share(size: tuple[int, int], seed: int) -> None:
    random = np.random.default_rng(seed)
    width, height = size
    person, behind = random.integers(0, 256, (2, height, width), dtype=np.uint8)
    alpha = drawn_alpha(random, width, height)
    out = composite_plane(person, behind, alpha)
    assert np.abs(out - (alpha / 255 * person + (1 - alpha / 255) * behind)).max() <= 1.1


@settings(max_examples=60, deadline=None)
@given(size=SIZES, seed=SEEDS, padding=st.integers(0, 40), black=st.sampled_from([0, 16]))
def test_a_plate_is_taken_out_sample_by_sample(size: tuple[int, int], seed: int, padding: int, black: int) -> None:
    random = np.random.default_rng(seed)
    width, height = size
    person, behind, plate = random.integers(0, 256, (3, height, width), dtype=np.uint8)
    alpha = drawn_alpha(random, width, height)
    out = composite_plane(person, behind, alpha, plate=plate, black=black, padding=padding)
    ideal = twin.composite(
        person.astype(int), behind.astype(int), alpha.astype(float), plate.astype(float), black=black
    )
    assert (out == ideal).all()
    assert (out[alpha == 0] == behind[alpha == 0]).all()
    assert (out[alpha == 255] == person[alpha == 255]).all()


@settings(max_examples=60, deadline=None)
@given(size=SIZES, seed=SEEDS, despill=st.integers(0, 256), by_sample=st.booleans())
def test_less_despill_goes_in_a_line_from_the_screen_taken_out_to_the_plain_mixture(
    size: tuple[int, int], seed: int, despill: int, by_sample: bool
) -> None:
    random = np.random.default_rng(seed)
    width, height = size
    person, behind, plate = random.integers(0, 256, (3, height, width), dtype=np.uint8)
    alpha = drawn_alpha(random, width, height)
    if by_sample:
        out = composite_plane(person, behind, alpha, plate=plate, despill=despill)
    else:
        plate = np.full_like(plate, 90)
        out = composite_plane(person, behind, alpha, grid=np.full((2, 3), 90, np.float32), despill=despill)
    share, taken = alpha / 255, despill / 256
    unclipped = person - (1 - share) * (taken * plate + (1 - taken) * person.astype(float))
    ideal = np.clip(unclipped, 0, alpha) + (1 - share) * behind
    assert np.abs(out - ideal).max() <= 2.1  # half a level of alpha and of what is taken, and the rounding
    assert (out[alpha == 0] == behind[alpha == 0]).all()
    assert (out[alpha == 255] == person[alpha == 255]).all()


@settings(max_examples=60, deadline=None)
@given(
    size=SIZES,
    seed=SEEDS,
    padding=st.integers(0, 20),
    factor=st.sampled_from(["same", "down"]),
    softened=st.booleans(),
    black=st.sampled_from([0, 16]),
)
def test_an_alpha_moved_from_its_own_is_its_twins(
    size: tuple[int, int], seed: int, padding: int, factor: str, softened: bool, black: int
) -> None:
    random = np.random.default_rng(seed)
    width, height = size
    person, behind, plate = random.integers(0, 256, (3, height, width), dtype=np.uint8)
    shape = (width, height) if factor == "same" else (2 * width - seed % 2, 2 * height - seed // 2 % 2)
    shown, own = drawn_alpha(random, *shape), drawn_alpha(random, *shape)
    beyond = random.integers(0, 256, (seed % 4 + 1, seed % 3 + 1)).astype(np.float32) if softened else None
    options = {"own": own} if beyond is None else {"own": own, "beyond": beyond}
    out = composite_plane(person, behind, shown, plate=plate, black=black, padding=padding, **options)
    levels = [
        alpha.astype(float) if factor == "same" else twin.downsampled(alpha.astype(float)) for alpha in (shown, own)
    ]
    shares = [np.floor(alpha + 0.5).astype(np.int64) for alpha in levels]
    carried = None if beyond is None else twin.stretched(beyond.astype(np.float64), width, height)
    levels_in = person.astype(float), behind.astype(float)
    ideal = twin.edged(*levels_in, shares[0], shares[1], plate.astype(float), carried, black=black)
    differ = levels[0] != levels[1]
    assert np.abs(out - ideal)[differ].max(initial=0) <= 1.01  # the carried colours and the sum, each rounded
    assert np.abs(out - ideal).max(initial=0) <= 1.6
    assert (out[shares[0] == 0] == behind[shares[0] == 0]).all()
    assert (out[shares[0] == 255] == person[shares[0] == 255]).all()


def test_turning_alpha_down_turns_the_persons_light_down_with_it() -> None:
    """Half a person of 200 before a screen of 100, shown at a quarter: 50 of the person, no less for the screen."""
    person, behind, plate = (np.full((1, 1), level, np.uint8) for level in (150, 40, 100))
    own, shown = np.full((1, 1), 128, np.uint8), np.full((1, 1), 64, np.uint8)
    out = composite_plane(person, behind, shown, plate=plate, own=own)
    assert out[0, 0] == round(64 / 255 * 200 + (1 - 64 / 255) * 40)


def test_raising_alpha_shows_more_of_the_picture_and_softening_more_of_the_person() -> None:
    """The same half person, shown at three quarters."""
    person, behind, plate = (np.full((1, 1), level, np.uint8) for level in (150, 40, 100))
    own, shown = np.full((1, 1), 128, np.uint8), np.full((1, 1), 192, np.uint8)
    out = composite_plane(person, behind, shown, plate=plate, own=own)
    assert out[0, 0] == round(150 - 63 / 255 * 100 + 63 / 255 * 40)
    beyond = np.full((1, 1), 220, np.float32)
    out = composite_plane(person, behind, shown, plate=plate, own=own, beyond=beyond)
    assert out[0, 0] == round(150 - 127 / 255 * 100 + 64 / 255 * 220 + 63 / 255 * 40)


def test_alpha_of_chroma_size_is_sited_on_the_even_columns_and_between_the_rows() -> None:
    alpha = np.array([[0, 80], [160, 255]], np.uint8)
    out = np.empty(16, np.uint8)
    draw(alpha, (4, 4), out, 4)
    assert out.reshape(4, 4).tolist() == [
        [0, 40, 80, 80],
        [40, 82, 124, 124],  # 3/4 of 0, 80 and 1/4 of 160, 255: 40, 123.75
        [120, 166, 211, 211],
        [160, 208, 255, 255],
    ]


@given(alpha=st.sampled_from([0, 255]), width=st.integers(1, 9), height=st.integers(1, 9))
def test_a_uniform_alpha_stays_exactly_what_it_is(alpha: int, width: int, height: int) -> None:
    half = np.full(((height + 1) // 2) * ((width + 1) // 2), alpha, np.uint8)
    out = np.full(width * height, 7, np.uint8)
    draw(half, (width, height), out, width)
    assert (out == alpha).all()


@settings(max_examples=40, deadline=None)
@given(size=SIZES, seed=SEEDS, padding=st.integers(0, 20))
def test_the_drawn_alpha_is_its_twins(size: tuple[int, int], seed: int, padding: int) -> None:
    width, height = size
    alpha = drawn_alpha(np.random.default_rng(seed), (width + 1) // 2, (height + 1) // 2)
    out, stride = strided(np.zeros((height, width), np.uint8), padding)
    draw(alpha, size, out, stride)
    ideal = twin.upsampled(alpha.astype(float), width, height)
    assert rounded_alike(out.reshape(height, stride)[:, :width], ideal)


@settings(max_examples=60, deadline=None)
@given(rows=st.integers(0, 4), cells=st.integers(1, 40), width=st.integers(1, 200), seed=SEEDS)
def test_a_stretched_grid_is_bilinear_between_its_cells(rows: int, cells: int, width: int, seed: int) -> None:
    grid = np.random.default_rng(seed).uniform(0, 255, (rows, cells)).astype(np.float32)
    out = np.empty((rows, width), np.float32)
    stretch(grid, out)
    assert np.abs(out - grid @ hat(cells, width)).max(initial=0) < 0.01
