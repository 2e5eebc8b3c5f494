"""`changebg keycolor`: what it says of pictures, of videos, and of what is neither."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image, ImageDraw

from gateway.cli.main import main
from tests.peers.clips import make_clip
from transforms.picture import Size

TEAL, GREEN, SKIN = (0x2A, 0x6A, 0x84), (0x00, 0xB1, 0x40), (0xC0, 0x8A, 0x70)


@pytest.fixture(autouse=True)
def plain_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in list(os.environ):
        if name.startswith("CHANGEBG_"):
            monkeypatch.delenv(name)


def person_before(screen: tuple[int, int, int], path: Path, size: tuple[int, int] = (320, 240)) -> str:
    """A picture file of a flat person before a plain screen."""
    picture = Image.new("RGB", size, screen)
    width, height = size
    draw = ImageDraw.Draw(picture)
    draw.ellipse((0.4 * width, 0.25 * height, 0.6 * width, 0.65 * height), SKIN)
    draw.rectangle((0.25 * width, 0.62 * height, 0.75 * width, height), (0x30, 0x30, 0x34))
    picture.save(path)
    return str(path)


def answer(words: list[str], capsys: pytest.CaptureFixture[str]) -> dict[str, Any]:
    """What is printed, with exit status 0 and nothing beside it."""
    assert main(["keycolor", *words]) == 0
    printed = capsys.readouterr()
    assert printed.out.count("\n") == 1
    assert printed.err == ""
    found: dict[str, Any] = json.loads(printed.out)
    assert list(found) == ["color", "similarity", "confidence", "accepted", "reasons"]
    return found


def refusal(words: list[str], capsys: pytest.CaptureFixture[str], status: int = 2) -> str:
    assert main(["keycolor", *words]) == status
    printed = capsys.readouterr()
    assert printed.out == ""
    assert printed.err.count("\n") == 1
    return printed.err.removeprefix("changebg: ")


@pytest.mark.parametrize("suffix", [".png", ".jpg", ".bmp"])
@pytest.mark.parametrize("screen", [TEAL, GREEN])
def test_a_drawn_screens_colour_is_told(
    tmp_path: Path, suffix: str, screen: tuple[int, int, int], capsys: pytest.CaptureFixture[str]
) -> None:
    found = answer([person_before(screen, tmp_path / f"frame{suffix}")], capsys)
    assert tuple(bytes.fromhex(found["color"])) == pytest.approx(screen, abs=6)
    assert found["accepted"] is True
    assert 0.5 <= found["confidence"] <= 1
    assert 0.00001 <= found["similarity"] <= 0.2
    assert found["reasons"] == []


@pytest.mark.parametrize("codec", ["H264", "VP8"])
def test_a_videos_first_pictures_are_looked_at(codec: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    clip = make_clip(tmp_path, codec=codec, size=Size(320, 180), frames=8)
    found = answer([str(clip.path)], capsys)
    assert tuple(bytes.fromhex(found["color"])) == pytest.approx(
        TEAL, abs=40
    )  # lit as a screen is, brightest at a spot
    assert found["accepted"] is True


def test_a_room_is_no_screen_and_that_is_an_answer(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    random = np.random.default_rng(3)
    blocks = random.integers(60, 200, (12, 16, 1)) + random.integers(-60, 60, (12, 16, 3))
    Image.fromarray(blocks.astype(np.uint8)).resize((320, 240), Image.Resampling.NEAREST).save(tmp_path / "room.png")
    found = answer([str(tmp_path / "room.png")], capsys)
    assert found["accepted"] is False
    assert found["confidence"] < 0.5
    assert found["reasons"]


def test_a_grey_wall_has_no_colour_at_all(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    Image.new("RGB", (320, 240), (0x80, 0x80, 0x80)).save(tmp_path / "wall.png")
    found = answer([str(tmp_path / "wall.png")], capsys)
    assert (found["color"], found["accepted"], found["confidence"], found["similarity"]) == (None, False, 0, 0)
    assert found["reasons"]


def test_a_typed_colour_is_where_the_search_begins(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    frame = person_before(TEAL, tmp_path / "frame.png")
    assert answer([frame, "--color", "206080"], capsys)["accepted"] is True
    assert answer([frame, "--color", "00b140"], capsys)["accepted"] is False
    assert answer([frame, "--color", "auto"], capsys)["accepted"] is True


def test_a_matrix_is_taken_where_the_file_names_none(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    frame = person_before(TEAL, tmp_path / "frame.png")
    assert answer([frame, "--matrix", "bt709"], capsys)["accepted"] is True


@pytest.mark.parametrize("size", [(1, 1), (2, 2), (3, 5), (17, 16)])
def test_the_smallest_pictures_are_looked_at_too(
    tmp_path: Path, size: tuple[int, int], capsys: pytest.CaptureFixture[str]
) -> None:
    Image.new("RGB", size, GREEN).save(tmp_path / "dot.png")
    answer([str(tmp_path / "dot.png")], capsys)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("empty.png", b""),
        ("noise.mp4", bytes(range(256)) * 64),
        ("text.png", b"this is no picture"),
        ("half.png", b"\x89PNG\r\n\x1a\n" + bytes(40)),
        (
            "call.sdp",
            b"v=0\r\no=- 0 0 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=video 5004 RTP/AVP 96\r\n",
        ),
        ("list.m3u8", b"#EXTM3U\n#EXTINF:1,\nhttp://192.0.2.1/a.ts\n"),
    ],
)
def test_what_is_no_picture_is_refused(
    tmp_path: Path, name: str, content: bytes, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / name).write_bytes(content)
    assert main(["keycolor", str(tmp_path / name)]) in (1, 2)
    printed = capsys.readouterr()
    assert printed.out == ""
    assert f"changebg: INPUT '{tmp_path / name}': " in printed.err


def test_what_is_not_there_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for path, why in [(tmp_path / "no.png", "No such file"), (tmp_path, "")]:
        sentence = refusal([str(path)], capsys)
        assert sentence.startswith(f"INPUT '{path}': {why}")
        assert sentence.endswith("expected an image or a video file\n")


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        ([], "the following arguments are required: INPUT"),
        (["a.png", "b.png"], "unexpected argument 'b.png'"),
        (["a.png", "--color", "teal"], "--color 'teal' is not a colour: six hexadecimal digits"),
        (
            ["a.png", "--quality", "fast"],
            "--quality: an option of changebg relay and file and serve and demo and",
        ),
    ],
)
def test_a_wrong_word_is_refused(words: list[str], sentence: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert refusal(words, capsys).startswith(sentence)


def test_a_colour_that_no_screen_has_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    frame = person_before(TEAL, tmp_path / "frame.png")
    assert refusal([frame, "--color", "808080"], capsys).startswith("color 808080 is too grey for a chroma key")
