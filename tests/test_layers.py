"""The kernels that draw the sample person, against numbers worked out by hand and numpy."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from transforms.kernels.layers import halve, lay_under, mix
from transforms.rgb import halve_chroma

IDENTITY = (1, 0, 0, 0, 1, 0)


def drawn(
    layer: NDArray[np.float32],
    *poses: tuple[float, ...],
    size: tuple[int, int] = (4, 5),
    on: NDArray[np.float32] | None = None,
) -> NDArray[np.float32]:
    """The band (4, rows, columns) after one call over all of it."""
    rows, columns = size
    height, width = layer.shape[:2]
    band = np.zeros((4, rows, columns), np.float32) if on is None else on.copy()
    back = np.array(poses, np.float32)
    lay_under(band.reshape(-1), 0, rows, columns, layer.reshape(-1), height, width, back, 0, rows, 0, columns)
    return band


def numbered_layer(rows: int = 6, columns: int = 7) -> NDArray[np.float32]:
    """Opaque; each channel a different ramp."""
    y, x = np.mgrid[:rows, :columns].astype(np.float32)
    return np.stack((10 * x + y, 100 - x, 50 + y, np.ones_like(x)), axis=-1)


def test_an_unmoved_layer_is_copied() -> None:
    layer = numbered_layer()
    assert np.allclose(drawn(layer, IDENTITY), layer[:4, :5].transpose(2, 0, 1))


def test_half_a_pixel_is_the_mean_of_two() -> None:
    band = drawn(numbered_layer(), (1, 0, 0.5, 0, 1, 0))
    assert np.allclose(band[0, 2], [2 + 10 * x + 5 for x in range(5)])
    assert np.allclose(band[3], 1)


def test_instants_are_averaged_into_motion_blur() -> None:
    layer = np.zeros((6, 7, 4), np.float32)
    layer[1, 2] = (80, 40, 20, 1)
    band = drawn(layer, IDENTITY, (1, 0, 1, 0, 1, 0))
    assert np.allclose(band[:, 1, 2], (40, 20, 10, 0.5))
    assert np.allclose(band[:, 1, 1], (40, 20, 10, 0.5))
    assert np.allclose(band[:, 2, 2], 0)


def test_what_lies_in_front_hides_in_proportion() -> None:
    layer = numbered_layer()
    front = np.zeros((4, 4, 5), np.float32)
    front[:, :, :2] = np.array((9.0, 9.0, 9.0, 1.0))[:, None, None]
    front[:, :, 2] = np.array((30.0, 20.0, 10.0, 0.25))[:, None]
    band = drawn(layer, IDENTITY, on=front)
    assert (band[:, :, :2] == front[:, :, :2]).all()
    assert np.allclose(band[:, 0, 2], np.array((30, 20, 10, 0.25)) + 0.75 * layer[0, 2])
    assert np.allclose(band[:, 0, 3], layer[0, 3])


def test_beyond_the_layer_s_edge_there_is_nothing() -> None:
    band = drawn(numbered_layer(), (1, 0, -2, 0, 1, 0))
    assert (band[:, :, :2] == 0).all()
    assert (band[3, :, 2:] == 1).all()


@given(angle=st.floats(-3, 3), shift=st.floats(-4, 4), cut=st.integers(1, 8))
def test_bands_give_the_same_as_the_whole(angle: float, shift: float, cut: int) -> None:
    layer = np.random.default_rng(1).random((8, 9, 4)).astype(np.float32)
    pose = (np.cos(angle), np.sin(angle), shift, -np.sin(angle), np.cos(angle), 4 + shift)
    whole = drawn(layer, pose, size=(9, 7))
    back = np.array([pose], np.float32)
    for top, rows in ((0, cut), (cut, 9 - cut)):
        band = np.zeros((4, rows, 7), np.float32)
        lay_under(band.reshape(-1), top, rows, 7, layer.reshape(-1), 8, 9, back, top, top + rows, 0, 7)
        assert np.allclose(band, whole[:, top : top + rows], atol=1e-4)


def test_the_mixture_is_made_with_the_alpha_written() -> None:
    cover = np.array([0, 0.25, 0.5, 0.999, 1], np.float32)
    band = np.stack((200 * cover, 90 * cover, 160 * cover, cover))[:, None, :].copy()
    behind = np.broadcast_to(np.array((60, 140, 100), np.float32)[:, None, None], (3, 1, 5)).copy()
    y, alpha = np.empty(5, np.uint8), np.empty(5, np.uint8)
    mix(band.reshape(-1), behind.reshape(-1), 1, 5, np.zeros(5, np.float32), y, 5, alpha)
    assert alpha.tolist() == [0, 64, 128, 255, 255]
    assert y.tolist() == [round(60 + 140 * a / 255) for a in alpha.tolist()]
    assert np.allclose(band[1, 0], 140 - 50 * (alpha / 255), atol=1e-3)


@pytest.mark.parametrize("shape", [(1, 1), (2, 2), (3, 5), (6, 4), (5, 8)])
def test_halve_is_the_numpy_filter(shape: tuple[int, int]) -> None:
    rows, columns = shape
    band = np.random.default_rng(2).uniform(20, 230, (4, rows, columns)).astype(np.float32)
    cb, cr = (np.zeros(((rows + 1) // 2, (columns + 1) // 2), np.uint8) for _ in range(2))
    noise = np.zeros(rows * columns, np.float32)
    halve(band.reshape(-1), rows, columns, noise, cb.reshape(-1), cr.reshape(-1), cb.shape[1])
    for written, plane in ((cb, band[1]), (cr, band[2])):
        assert (written == (halve_chroma(plane) + np.float32(0.5)).astype(np.uint8)).all()
