"""From an output's name to a container, a codec and its options."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from gateway.codec.formats import CONTAINERS, Coding, output_format
from gateway.codec.inputs import PIPE
from gateway.errors import ArgumentError
from transforms.effect import View


@pytest.mark.parametrize(
    ("name", "view", "container", "encoder", "pixel_format"),
    [
        ("out.mkv", "composite", "matroska", "libx264", "yuv420p"),
        ("OUT.MP4", "composite", "mp4", "libx264", "yuv420p"),
        ("out.mov", "composite", "mov", "libx264", "yuv420p"),
        ("out.webm", "composite", "webm", "libvpx", "yuv420p"),
        ("out.ts", "composite", "mpegts", "libx264", "yuv420p"),
        ("out.mkv", "alpha", "matroska", "ffv1", "gray"),
        ("out.mp4", "alpha", "mp4", "libx264", "yuv420p"),
        ("x.%04d.png", "alpha", "image2", "png", "gray"),
        ("out.mov", "foreground", "mov", "prores_ks", "yuva444p10le"),
        ("out.webm", "foreground", "webm", "libvpx-vp9", "yuva420p"),
        ("out.mkv", "foreground", "matroska", "ffv1", "yuva420p"),
        ("x.%04d.png", "foreground", "image2", "png", "rgba"),
        ("out.mp4", "foreground", "mp4", "libx264", "yuv420p"),
        ("out.y4m", "alpha", "yuv4mpegpipe", "wrapped_avframe", "gray"),
        ("-", "composite", "matroska", "libx264", "yuv420p"),
    ],
)
def test_a_name_and_a_view_say_what_is_written(
    name: str, view: View, container: str, encoder: str, pixel_format: str
) -> None:
    form = output_format(Path(name), view, Coding())
    assert (form.container, form.encoding.encoder, form.encoding.pixel_format) == (container, encoder, pixel_format)
    assert form.with_alpha is ("a" in pixel_format.removeprefix("gray"))
    assert form.is_even is (encoder == "libx264")


def test_quality_is_constant_unless_a_bit_rate_is_given() -> None:
    assert output_format(Path("a.mkv"), "composite", Coding()).encoding.options["crf"] == "18"
    assert output_format(Path("a.mkv"), "composite", Coding(crf=23.5)).encoding.options["crf"] == "23.5"
    narrow = output_format(Path("a.mkv"), "composite", Coding(bitrate=2_000_000)).encoding
    assert (narrow.bit_rate, "crf" in narrow.options) == (2_000_000, False)


def test_a_pipe_is_what_is_asked_for_or_what_came_in() -> None:
    assert output_format(PIPE, "composite", Coding(), like_y4m=True).container == "yuv4mpegpipe"
    assert output_format(PIPE, "composite", Coding(format="ts"), like_y4m=True).container == "mpegts"


@pytest.mark.parametrize(
    ("name", "words", "reason"),
    [
        ("out.avi", {}, "OUTPUT 'out.avi': expected a name ending in .mkv"),
        ("out", {}, "expected a name ending in"),
        ("out.mp4", {"codec": "VP8"}, "--codec vp8: .mp4 holds h264 or vp9"),
        ("out.mkv", {"crf": 60}, "--crf 60: expected 0 to 51"),
        ("out.webm", {"profile": "high"}, "--profile high: H264 has one"),
        ("x.%d.png", {"crf": 20}, "--crf 20: PNG is lossless"),
        ("out.y4m", {"bitrate": 9}, "--bitrate 9: YUV4MPEG2 is not coded"),
        ("out.mp4", {"format": "mkv"}, "--format mkv: only for OUTPUT -"),
        ("-", {"format": "mov"}, "--format mov: a pipe takes mkv, webm, ts or y4m"),
    ],
)
def test_what_cannot_be_written_is_refused_by_name(name: str, words: dict[str, Any], reason: str) -> None:
    with pytest.raises(ArgumentError, match=reason):
        output_format(Path(name), "composite", Coding(**words))


def test_every_codec_of_every_container_has_an_encoding() -> None:
    for suffix, container in CONTAINERS.items():
        for codec in container.codecs:
            output_format(Path(f"out{suffix}"), "composite", Coding(codec=codec))
