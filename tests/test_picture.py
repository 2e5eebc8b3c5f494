"""Pictures are views; a pooled frame is written again only when nobody reads it any more."""

from __future__ import annotations

from fractions import Fraction

import av
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from transforms.effect import Color
from transforms.picture import FramePool, Matrix, Picture, PoolEmpty, Size

SMALL = Size(64, 48)
TEAL = Color.parse("2a6a84")


def pool_of(capacity: int) -> FramePool:
    return FramePool(capacity=capacity)


def lease(pool: FramePool, size: Size = SMALL) -> Picture:
    return pool.lease(size, matrix=Matrix.BT601, full_range=False)


def reader(kept: str, picture: Picture) -> object:
    """What a reader may hold on to."""
    match kept:
        case "frame":
            return picture.frame
        case "plane":
            return picture.cb
        case "samples":
            return picture.y.samples
        case "rows":
            return picture.cr.rows
        case "one sample":
            return picture.y.rows[3:4, 5:6]
        case _:
            return picture


@pytest.mark.parametrize("size", [Size(1, 1), Size(2, 2), Size(3, 5), Size(720, 1280), Size(641, 359)])
def test_a_picture_is_the_frames_own_memory(size: Size) -> None:
    frame = av.VideoFrame(*size, "yuv420p")
    picture = Picture.of(frame)
    assert picture.size == size
    assert picture.y.rows.shape == (size.height, size.width)
    assert picture.cb.rows.shape == picture.cr.rows.shape == ((size.height + 1) // 2, (size.width + 1) // 2)
    picture.y.rows[-1, -1] = 201
    picture.cr.rows[-1, -1] = 77
    assert Picture.of(frame).y.rows[-1, -1] == 201
    assert Picture.of(frame).cr.rows[-1, -1] == 77
    assert all(plane.samples.flags.c_contiguous and plane.samples.ndim == 1 for plane in picture.planes)


def test_a_plane_outlives_its_frame() -> None:
    frame = av.VideoFrame(64, 64, "yuv420p")
    plane = Picture.of(frame).y
    plane.rows[:] = 9
    del frame
    av.VideoFrame(64, 64, "yuv420p").planes[0].update(bytes(64 * 64))
    assert (plane.rows == 9).all()


@pytest.mark.parametrize(
    ("size", "tag", "matrix"),
    [
        (Size(720, 1280), 2, Matrix.BT709),
        (Size(1280, 720), 2, Matrix.BT709),
        (Size(1280, 719), 2, Matrix.BT601),
        (Size(640, 360), 1, Matrix.BT709),
        (Size(1280, 720), 5, Matrix.BT601),
        (Size(1280, 720), 6, Matrix.BT601),
        (Size(640, 360), 9, Matrix.BT601),
    ],
)
def test_the_matrix_is_the_tags_else_by_the_short_side(size: Size, tag: int, matrix: Matrix) -> None:
    frame = av.VideoFrame(*size, "yuv420p")
    frame.colorspace = tag
    assert Picture.of(frame).matrix is matrix
    assert Picture.of(frame, matrix=Matrix.BT709).matrix is Matrix.BT709


def test_range_is_the_tags_or_the_formats() -> None:
    frame = av.VideoFrame(16, 16, "yuv420p")
    assert not Picture.of(frame).full_range
    frame.color_range = 2
    assert Picture.of(frame).full_range
    assert Picture.of(av.VideoFrame(16, 16, "yuvj420p")).full_range


def test_other_pixel_formats_are_refused() -> None:
    with pytest.raises(ValueError, match="rgb24"):
        Picture.of(av.VideoFrame(16, 16, "rgb24"))


@pytest.mark.parametrize(
    ("color", "matrix", "full_range", "levels"),
    [
        ("ffffff", Matrix.BT601, False, (235, 128, 128)),
        ("000000", Matrix.BT709, False, (16, 128, 128)),
        ("ff0000", Matrix.BT601, False, (81, 90, 240)),
        ("0000ff", Matrix.BT709, False, (32, 240, 118)),
        ("00ff00", Matrix.BT709, True, (182, 30, 12)),
        ("ff0000", Matrix.BT601, True, (76, 85, 255)),
    ],
)
def test_colors_become_the_standards_levels(
    color: str, matrix: Matrix, full_range: bool, levels: tuple[int, int, int]
) -> None:
    assert matrix.to_ycbcr(Color.parse(color), full_range=full_range) == levels


@given(st.integers(0, 255), st.integers(0, 255), st.integers(0, 255), st.sampled_from(Matrix), st.booleans())
def test_every_color_has_levels_of_eight_bits(red: int, green: int, blue: int, matrix: Matrix, full: bool) -> None:
    assert all(0 <= level <= 255 for level in matrix.to_ycbcr(Color(red, green, blue), full_range=full))


def test_a_blank_picture_is_black() -> None:
    picture = Picture.blank(Size(5, 3), matrix=Matrix.BT709, full_range=False)
    assert [int(plane.rows.max()) for plane in picture.planes] == [16, 128, 128]
    assert Picture.blank(Size(5, 3), matrix=Matrix.BT709, full_range=True).y.rows.max() == 0


def test_a_lease_is_tagged_and_clean_of_the_last_readers_marks() -> None:
    pool = pool_of(1)
    first = pool.lease(Size(64, 48), matrix=Matrix.BT709, full_range=True)
    assert first.frame is not None
    assert (first.frame.colorspace, first.frame.color_range) == (1, 2)
    first.frame.pts, first.frame.time_base = 99, Fraction(1, 90000)
    first.frame.pict_type = 1
    del first
    second = pool.lease(Size(64, 48), matrix=Matrix.BT601, full_range=False)
    assert second.frame is not None
    assert (second.frame.pts, int(second.frame.pict_type)) == (None, 0)
    assert Picture.of(second.frame).matrix is Matrix.BT601
    assert (second.frame.colorspace, second.frame.color_range) == (6, 1)


@pytest.mark.parametrize("kept", ["picture", "frame", "plane", "samples", "rows", "one sample"])
def test_a_frame_anyone_still_reads_is_not_written_again(kept: str) -> None:
    pool = pool_of(1)
    picture = lease(pool)
    held = reader(kept, picture)
    del picture
    with pytest.raises(PoolEmpty, match="all 1 frames of 64x48"):
        lease(pool)
    del held
    lease(pool)


def test_the_pool_does_not_grow() -> None:
    pool = pool_of(3)
    kept = lease(pool)
    kept.y.rows[:] = 42
    addresses = set()
    for level in range(100):
        picture = lease(pool)
        picture.y.rows[:] = level
        addresses.add(picture.y.samples.ctypes.data)
    assert len(addresses) <= 2
    assert (kept.y.rows == 42).all()


def test_a_change_of_size_leaves_what_is_read_alone() -> None:
    pool = pool_of(1)
    small = lease(pool)
    small.y.rows[:] = 42
    large = lease(pool, Size(65, 49))
    large.clear()
    assert large.size == Size(65, 49)
    assert (small.y.rows == 42).all()


def test_a_frame_an_encoder_still_holds_natively_is_given_new_memory() -> None:
    """A filter graph keeps its reference to the buffer below Python, where no reference count shows it."""
    pool = pool_of(1)
    picture = lease(pool)
    picture.y.rows[:] = 42
    graph = av.filter.Graph()
    source = graph.add_buffer(width=64, height=48, format=av.VideoFormat("yuv420p"), time_base=Fraction(1, 90000))
    sink = graph.add("buffersink")
    source.link_to(sink)
    graph.configure()
    assert picture.frame is not None
    picture.frame.pts = 0
    source.push(picture.frame)
    del picture
    lease(pool).y.rows[:] = 7
    kept = sink.pull()
    assert isinstance(kept, av.VideoFrame)
    assert (np.asarray(Picture.of(kept).y.rows) == 42).all()


def test_copying_takes_every_sample_whatever_the_strides() -> None:
    source = Picture.blank(Size(33, 17), matrix=Matrix.BT601, full_range=False)
    for number, plane in enumerate(source.planes):
        plane.rows[:] = np.arange(plane.rows.size, dtype=np.uint8).reshape(plane.rows.shape) + number
    target = lease(pool_of(1), Size(33, 17))
    target.copy_from(source)
    assert all((a.rows == b.rows).all() for a, b in zip(target.planes, source.planes, strict=True))


def test_a_teal_screen_lies_only_33_levels_from_grey() -> None:
    _, cb, cr = Matrix.BT601.to_ycbcr(TEAL, full_range=False)
    assert np.hypot(cb - 128, cr - 128) == pytest.approx(33, abs=4)
