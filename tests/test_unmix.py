"""Alpha between a person and a screen: the estimate against its twin, and what it makes of hair, veils and stills."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.screens import BLACK, GREEN, SKIN, WHITE, Mask, bust, drawn
from tests.twins import unmix as twin
from transforms.effect import Color
from transforms.kernels import cells as cells_kernels
from transforms.kernels import draw as draw_kernels
from transforms.kernels import gather as gather_kernels
from transforms.kernels import shading as shading_kernels
from transforms.kernels import trimap as trimap_kernels
from transforms.kernels import unmix as unmix_kernels
from transforms.kernels.draw import PERSON, SCREEN, WORK, draw, draw_before
from transforms.kernels.unmix import solve, weigh
from transforms.picture import Size
from transforms.screen import ScreenKeyer

SEEDS = st.integers(0, 2**32 - 1)
SETTINGS = np.array((6.25, 1.0, 2.5, 0.3, 0.06, 0.08, 0.15), np.float32)


def moments_of(samples: np.ndarray) -> np.ndarray:
    """Nine moments of samples (n, 3) about 128."""
    return np.array([*samples.mean(axis=0), *((samples[:, a] * samples[:, b]).mean() for a, b in twin.ORDER)])


@settings(max_examples=40, deadline=None)
@given(seed=SEEDS, scatter=st.sampled_from([0.0, 3.0, 20.0]), distance=st.integers(0, 5))
def test_the_estimate_is_its_twin(seed: int, scatter: float, distance: int) -> None:
    random = np.random.default_rng(seed)
    sides = [random.normal(0, scatter, (16, 3)) + random.uniform(-60, 60, 3) for _ in range(2)]
    person, screen = (moments_of(side) for side in sides)
    out = np.empty((4, 1), np.float32)
    f, b = (side[:, None].astype(np.float32) for side in (person, screen))
    flags = (np.zeros(1, np.uint8), np.zeros(1, np.uint8))
    solve(f, b, b[:3].copy(), np.array((distance,), np.int32), *flags, 5, SETTINGS, out)
    steeper, deviations = 1 + 0.15 * max(distance - 1, 0), (2.5, 0.3 * (1 + distance**2))
    ideal = twin.affine(person, screen, noise=(6.25, 1), deviations=deviations, margins=(0.06, 0.08), steeper=steeper)
    assert np.allclose(out[:, 0], ideal, rtol=0.02, atol=0.02 * np.abs(ideal).max())


def test_the_core_is_opaque_and_a_veil_is_what_it_takes_of_the_screen() -> None:
    side = np.zeros((9, 2), np.float32)
    background = np.array(((0, 0), (-40, -40), (-30, -30)), np.float32)
    out = np.empty((4, 2), np.float32)
    flags = (np.array((0, 1), np.uint8), np.zeros(2, np.uint8))
    solve(side, side, background, np.array((6, 2), np.int32), *flags, 5, SETTINGS, out)
    assert out[:, 0].tolist() == [0, 0, 0, 1]
    at = [float(out[1, 1] * cb + out[2, 1] * cr + out[3, 1]) for cb, cr in ((-40, -30), (-20, -15), (0, 0))]
    assert at[0] == pytest.approx(-0.07, abs=0.01)
    assert at[1] == pytest.approx(0.51, abs=0.01)
    assert at[2] == pytest.approx(1.09, abs=0.01)


@settings(max_examples=15, deadline=None)
@given(width=st.integers(1, 60), height=st.integers(1, 40), padding=st.integers(0, 9), seed=SEEDS)
def test_the_drawn_alpha_is_its_twin(width: int, height: int, padding: int, seed: int) -> None:
    random = np.random.default_rng(seed)
    cell, chroma = 3, Size(width, height).chroma
    shape = -(-chroma.height // cell), -(-chroma.width // cell)
    y = random.integers(0, 256, (height, width), dtype=np.uint8)
    cb, cr = random.integers(0, 256, (2, chroma.height, chroma.width), dtype=np.uint8)
    fields = random.normal(0, 0.01, (4, *shape))
    fields[3] += 0.5
    near = (random.random((chroma.height, chroma.width)) < 0.1).astype(np.uint8)
    count = shape[0] * shape[1]
    planes = [np.pad(plane, ((0, 0), (0, padding))).reshape(-1) for plane in (y, cb, cr)]
    kinds = random.choice(np.array((SCREEN, WORK, WORK, WORK, PERSON), np.uint8), count)
    out = np.zeros((height, width), np.uint8)
    draw(
        planes[0],
        width + padding,
        width,
        height,
        planes[1],
        planes[2],
        chroma.width + padding,
        cell,
        fields.reshape(4, -1).astype(np.float32),
        near.reshape(-1),
        kinds,
        np.ones(count, np.float32),
        np.zeros((28, 2 * chroma.width + 2 * cell + 2), np.float32),
        np.zeros(out.size, np.uint16),
        out.reshape(-1),
    )
    luma, blue, red = (plane.astype(np.float64) for plane in (y, cb, cr))
    ideal = twin.alpha(luma, blue, red, fields, cell) * 255
    ideal[np.repeat(np.repeat(near, 2, 0), 2, 1)[:height, :width] == 1] = 0
    of_sample = np.kron(kinds.reshape(shape), np.ones((2 * cell, 2 * cell)))[:height, :width]
    ideal[of_sample == SCREEN] = 0
    ideal[of_sample == PERSON] = 255
    assert np.abs(out - ideal).max() <= 0.55


@settings(max_examples=30, deadline=None)
@given(seed=SEEDS, scatter=st.sampled_from([0.5, 3.0, 20.0]), distance=st.integers(0, 6))
def test_the_weights_before_a_room_are_their_twin(seed: int, scatter: float, distance: int) -> None:
    random = np.random.default_rng(seed)
    person = moments_of(random.normal(0, scatter, (16, 3)) + random.uniform(-60, 60, 3))
    out = np.empty((6, 1), np.float32)
    weigh(person[:, None].astype(np.float32), np.array((distance,), np.int32), 5, 9.0, 3.0, out)
    assert np.allclose(out[:, 0], twin.weights(person, noise=(9, 3), is_core=distance > 5), rtol=0.02, atol=1e-4)


@settings(max_examples=15, deadline=None)
@given(width=st.integers(1, 50), height=st.integers(1, 40), padding=st.integers(0, 9), seed=SEEDS)
def test_the_alpha_drawn_before_a_room_is_its_twin(width: int, height: int, padding: int, seed: int) -> None:
    random = np.random.default_rng(seed)
    cell, chroma = 3, Size(width, height).chroma
    shape = -(-chroma.height // cell), -(-chroma.width // cell)
    count = shape[0] * shape[1]
    pictures = [
        [
            random.integers(0, 256, (size.height, size.width), dtype=np.uint8)
            for size in (Size(width, height), chroma, chroma)
        ]
        for _ in range(2)
    ]
    fields = np.concatenate((random.uniform(0, 0.05, (3, *shape)), random.uniform(-90, 90, (3, *shape))))
    near = (random.random((chroma.height, chroma.width)) < 0.1).astype(np.uint8)
    rough = random.integers(0, 250, near.shape, dtype=np.uint8)
    flat = [[np.pad(plane, ((0, 0), (0, padding))).reshape(-1) for plane in planes] for planes in pictures]
    strides = width + padding, chroma.width + padding
    out = np.zeros((height, width), np.uint8)
    draw_before(
        flat[0][0],
        strides[0],
        width,
        height,
        flat[0][1],
        flat[0][2],
        strides[1],
        flat[1][0],
        strides[0],
        flat[1][1],
        flat[1][2],
        strides[1],
        cell,
        fields.reshape(6, -1).astype(np.float32),
        near.reshape(-1),
        rough.reshape(-1),
        2.0,
        0.08,
        0.1,
        np.full(count, WORK, np.uint8),
        np.ones(count, np.float32),
        np.zeros((28, 2 * chroma.width + 2 * cell + 2), np.float32),
        np.zeros(out.size, np.uint16),
        out.reshape(-1),
    )
    floats = [[plane.astype(np.float64) for plane in planes] for planes in pictures]
    ideal = (
        twin.alpha_before(
            floats[0], floats[1], fields, rough.astype(np.float64), cell=cell, belief=2.0, margins=(0.08, 0.1)
        )
        * 255
    )
    ideal[np.repeat(np.repeat(near, 2, 0), 2, 1)[:height, :width] == 1] = 0
    assert np.abs(out - ideal).max() <= 0.8


@pytest.mark.parametrize(
    ("pace", "to", "after"),
    [
        (0.0, 26, (10.0625, 10.125, 10.1875)),  # noise: a sixteenth of a level a picture
        (0.0, 74, (10.5625, 11.1094)),  # perhaps not: and a 32nd of what is over 48 levels
        (0.5, 26, (14.53125,)),  # half of that, and half of 9/16 of the way
        (1.0, 26, (26.0, 26.0)),
    ],
)
def test_alpha_goes_at_its_cells_pace(pace: float, to: int, after: tuple[float, ...]) -> None:
    """From 10 levels, in one cell."""
    grey = [np.full(count, 128, np.uint8) for count in (64, 16, 16)]
    fields, out, held = np.zeros((4, 1), np.float32), np.zeros(64, np.uint8), np.full(64, 10 * 128, np.uint16)
    fields[3] = to / 255
    flags = (np.zeros(16, np.uint8), np.array((WORK,), np.uint8), np.array((pace,), np.float32))
    for level in after:
        lines = np.zeros((28, 20), np.float32)
        draw(grey[0], 8, 8, 8, grey[1], grey[2], 4, 4, fields, *flags, lines, held, out)
        assert held / 128 == pytest.approx(level, abs=0.01)
        assert (out == np.floor(held / 128 + 0.5)).all()


def keyed(mask: Mask, person: Color, *, noise: float = 1.0, count: int = 4, light: float = 1.0) -> np.ndarray:
    keyer = ScreenKeyer(GREEN)
    for time in range(count):
        matte = keyer.matte(drawn(GREEN, person, mask, noise=noise, seed=time, light=light), float(time))
    assert matte.is_sure
    return matte.alpha / 255


@pytest.mark.parametrize("person", [SKIN, BLACK, WHITE])
def test_a_soft_outline_keeps_its_alpha(person: Color) -> None:
    """A ramp of four samples from screen to person: what a lens makes of an edge, at 240 lines."""
    y, x = np.mgrid[:240, :320]
    mask = np.clip((90 - np.hypot(x - 160, y - 200)) / 4, 0, 1)
    mask[200:] = mask[199]
    alpha = keyed(mask, person)
    ramp = (mask > 0.1) & (mask < 0.9)
    assert np.abs(alpha - mask)[ramp].mean() < 0.12
    assert abs((alpha - mask)[ramp].mean()) < 0.105


def test_hair_a_sample_wide_is_drawn_in_luma() -> None:
    """Finer than chroma's samples: a key by chroma alone would draw it two and three wide, and pale. Fair hair, for one
    dark hair alone looks as a shadow does.
    """
    mask = bust(Size(320, 240))
    mask[60:150, 91] = 1
    alpha = keyed(mask, WHITE, noise=0.5)[90:130]
    assert alpha[:, 91].mean() > 0.4
    assert alpha[:, 89].mean() < 0.5 * alpha[:, 91].mean()
    assert alpha[:, 93].mean() < 0.5 * alpha[:, 91].mean()


def test_a_still_person_does_not_shimmer() -> None:
    mask = bust(Size(320, 240))
    keyer = ScreenKeyer(GREEN)
    alphas = [keyer.matte(drawn(GREEN, SKIN, mask, noise=1.5, seed=n), float(n)).alpha.copy() for n in range(48)]
    steps = np.abs(np.diff(np.array(alphas[36:]).astype(int), axis=0))
    assert (steps > 1).mean() < 5e-4
    assert steps.max() <= 14


def test_a_person_who_moves_is_not_held_back() -> None:
    """A hand that comes in at once is there at once, and leaves no ghost."""
    size = Size(320, 240)
    keyer = ScreenKeyer(GREEN)
    bare = bust(size)
    hand = bare.copy()
    hand[60:110, 20:60] = 1
    for n in range(6):
        keyer.matte(drawn(GREEN, SKIN, bare, noise=1.0, seed=n), float(n))
    there = keyer.matte(drawn(GREEN, SKIN, hand, noise=1.0), 6.0).alpha[70:100, 30:50].copy()
    gone = keyer.matte(drawn(GREEN, SKIN, bare, noise=1.0), 7.0).alpha[70:100, 30:50].copy()
    assert there.min() > 245
    assert gone.max() < 10


def test_every_kernel_is_compiled_for_one_signature_only() -> None:
    modules = (
        cells_kernels,
        shading_kernels,
        trimap_kernels,
        gather_kernels,
        unmix_kernels,
        draw_kernels,
    )
    names = (
        "measure_cells count_cells fill compare set_pace",
        "grow remember",
        "blur classify erode dilate believe measure_distances settle_veils find_bare",
        "gather_person gather_screen",
        "solve weigh sort_cells",
        "draw draw_before",
    )
    for module, of_module in zip(modules, names, strict=True):
        for name in of_module.split():
            assert len(getattr(module, name).signatures) == 1, name
