"""The background on the command line: which kind it is, where it lies, what is refused."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from gateway.cli.background import backdrop
from gateway.cli.effect import effect
from gateway.cli.parser import parse
from gateway.cli.relay import USAGE as RELAY
from gateway.errors import ArgumentError
from gateway.options.settings import Settings
from transforms.effect import (
    Background,
    BlurBackground,
    Color,
    ColorBackground,
    Effect,
    ImageBackground,
    NoMatting,
    Placement,
    VideoBackground,
)

FIVE = ["call.sdp", "beach.jpg", "2a6a84", "rtp://127.0.0.1:5004", "96"]
TEAL = Color.parse("2a6a84")


@pytest.fixture(autouse=True)
def plain_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in list(os.environ):
        if name.startswith("CHANGEBG_"):
            monkeypatch.delenv(name)


@pytest.mark.parametrize(
    ("typed", "background"),
    [
        ("blur", BlurBackground()),
        ("blur:0.7", BlurBackground(0.7)),
        ("blur:70", BlurBackground(0.7)),
        ("blur:1", BlurBackground(1)),
        ("waves.MP4", VideoBackground(Path("waves.MP4"))),
        ("no such/clip.webm", VideoBackground(Path("no such/clip.webm"))),
        ("sea: a view.jpg", ImageBackground(Path("sea: a view.jpg"))),
        ("./blur", ImageBackground(Path("./blur"))),
    ],
)
def test_a_background_is_known_by_its_words(typed: str, background: Background) -> None:
    assert backdrop(typed, Settings()) == background


@pytest.mark.parametrize(
    ("name", "head", "kind"),
    [
        ("still.mp4", b"\x89PNG\r\n\x1a\n", ImageBackground),
        ("moving.jpg", b"\0\0\0\x20ftypisom", VideoBackground),
        ("recorded", b"\x1a\x45\xdf\xa3", VideoBackground),
        ("picture", b"\0\0\0\x20ftypavif", ImageBackground),
        ("unknown.mov", b"what is this?", VideoBackground),
        ("empty", b"", ImageBackground),
    ],
)
def test_a_file_is_what_its_first_bytes_say(name: str, head: bytes, kind: type[Background], tmp_path: Path) -> None:
    (tmp_path / name).write_bytes(head)
    assert isinstance(backdrop(str(tmp_path / name), Settings()), kind)


def test_a_pipe_is_not_read_to_know_what_it_is(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.mkv")
    assert isinstance(backdrop(str(tmp_path / "pipe.mkv"), Settings()), VideoBackground)


@pytest.mark.parametrize("typed", ["waves.mp4", "beach.jpg"])
def test_a_background_lies_where_the_options_say(typed: str) -> None:
    words = ["--fit=contain", "--focus=0.5,0.3", "--offset=-4,8.5", "--scale=2", "--background-color=102030"]
    made = backdrop(typed, parse(RELAY, [*FIVE, *words]).settings)
    assert isinstance(made, ImageBackground | VideoBackground)
    assert made.placement == Placement("contain", (0.5, 0.3), (-4, 8.5), 2)
    assert made.color == Color(0x10, 0x20, 0x30)


@pytest.mark.parametrize(
    ("typed", "settings", "sentence"),
    [
        ("blur:", Settings(), "BACKGROUND 'blur:': expected a strength from 0 to 1, or per cent up to 100"),
        ("blur:101", Settings(), "BACKGROUND 'blur:101': expected a strength"),
        ("blur:-1", Settings(), "BACKGROUND 'blur:-1': expected a strength"),
        ("blur:nan", Settings(), "BACKGROUND 'blur:nan': expected a strength"),
        ("session:5f53", Settings(), "BACKGROUND 'session:5f53', another session: not built yet"),
        ("color:12345", Settings(), "BACKGROUND color: '12345' is not a colour"),
        ("color:102030", Settings(fit="fill"), "--fit belongs to an image or a video, not to 'color:102030'"),
        ("blur", Settings(background_color=TEAL), "--background-color belongs to an image or a video, not to 'blur'"),
    ],
)
def test_backgrounds_that_cannot_be_are_refused(typed: str, settings: Settings, sentence: str) -> None:
    with pytest.raises(ArgumentError, match=f"^{sentence}"):
        backdrop(typed, settings)


def test_the_input_is_shown_as_it_comes() -> None:
    settings = Settings(view="input", matting="selfie", light_wrap=0.5, matrix="bt601")
    assert effect(settings, background="beach.jpg", color=None) == Effect(
        NoMatting(), ColorBackground(Color(0, 0, 0)), matrix="bt601"
    )
