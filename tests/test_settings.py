"""The table of options, and the places their values come from."""

from __future__ import annotations

import dataclasses
import re
from pathlib import Path

import pytest

from gateway.errors import ArgumentError
from gateway.options.configuration import CONFIG_LIMIT, resolve
from gateway.options.settings import HEADINGS, OPTIONS, Settings


def configuration(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "call.toml"
    path.write_text(text)
    return path


def test_nothing_given_is_the_defaults() -> None:
    assert resolve("relay", {}, environ={}) == Settings()


@pytest.mark.parametrize("name", sorted(OPTIONS))
def test_the_default_that_the_help_names_is_the_fields_own(name: str) -> None:
    stated = re.search(r"\(default ([\w.]+)\)$", OPTIONS[name].help)
    default = {field.name: field.default for field in dataclasses.fields(Settings)}[name.replace("-", "_")]
    if stated is None or default is None:
        return
    assert OPTIONS[name].parse(stated[1]) == default


def test_every_heading_begins_with_an_option() -> None:
    assert set(HEADINGS) <= set(OPTIONS)


def test_the_command_line_beats_the_environment_beats_the_file(tmp_path: Path) -> None:
    config = configuration(tmp_path, 'bitrate = "1M"\nbuffer = 40\npreset = "fast"\n')
    environ = {"CHANGEBG_BUFFER": "60", "CHANGEBG_PRESET": "faster"}
    settings = resolve("relay", {"preset": "ultrafast"}, environ=environ, config=config)
    assert (settings.bitrate, settings.preset) == (1_000_000, "ultrafast")
    assert settings.buffer == pytest.approx(0.06)


def test_a_file_may_use_toml_types_and_underscores(tmp_path: Path) -> None:
    config = configuration(tmp_path, "idle_timeout = 5\nsimilarity = 1e-5\ndebug = true\nlocal-port = 5006\n")
    settings = resolve("relay", {}, environ={}, config=config)
    assert settings.idle_timeout == 5
    assert settings.similarity == pytest.approx(0.00001)
    assert settings.debug is True
    assert settings.local_port == 5006


def test_an_unknown_key_is_refused_with_the_nearest_one(tmp_path: Path) -> None:
    config = configuration(tmp_path, 'bitrat = "1M"\n')
    with pytest.raises(ArgumentError, match=r"call\.toml: unknown key 'bitrat', did you mean bitrate\?"):
        resolve("relay", {}, environ={}, config=config)


def test_numbers_with_commas_are_an_array_in_a_file(tmp_path: Path) -> None:
    config = configuration(tmp_path, "focus = [0.5, 0.25]\noffset = [-400, -1600]\nclip = '0.1,0.9'\nrotate = 90\n")
    settings = resolve("relay", {}, environ={}, config=config)
    assert (settings.focus, settings.offset, settings.clip) == ((0.5, 0.25), (-400, -1600), (0.1, 0.9))
    assert settings.rotate == 90
    with pytest.raises(ArgumentError, match=r"scale '\[1, 2\]': expected text or a number"):
        resolve("relay", {}, environ={}, config=configuration(tmp_path, "scale = [1, 2]\n"))


def test_an_error_names_where_the_value_stood(tmp_path: Path) -> None:
    config = configuration(tmp_path, "buffer = -1\n")
    sentence = "'-1': expected a number from 0 to 5000 ms"
    with pytest.raises(ArgumentError, match=re.escape(f"{config}: buffer {sentence}")):
        resolve("relay", {}, environ={}, config=config)
    with pytest.raises(ArgumentError, match=f"^CHANGEBG_BUFFER {sentence}"):
        resolve("relay", {}, environ={"CHANGEBG_BUFFER": "-1"})
    with pytest.raises(ArgumentError, match=f"^--buffer {sentence}"):
        resolve("relay", {"buffer": "-1"}, environ={})


def test_what_only_another_command_has_is_checked_and_left_aside(tmp_path: Path) -> None:
    config = configuration(tmp_path, 'crf = 30\nbackground = "beach.jpg"\n')
    assert resolve("relay", {}, environ={}, config=config) == Settings()
    assert resolve("file", {}, environ={}, config=config).crf == 30
    with pytest.raises(ArgumentError, match="crf"):
        resolve("relay", {}, environ={}, config=configuration(tmp_path, "crf = 99\n"))


def test_an_empty_variable_is_unset_and_a_strange_one_is_somebody_elses() -> None:
    assert resolve("relay", {}, environ={"CHANGEBG_BUFFER": "", "CHANGEBG_SLOW": "1", "HOME": "/"}) == Settings()


@pytest.mark.parametrize("content", [b"\xff\xfe", b"bitrate = ", b"<html>", b"a = 1\na = 2\n"])
def test_a_file_that_is_not_toml_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "call.toml"
    path.write_bytes(content)
    with pytest.raises(ArgumentError, match="not TOML"):
        resolve("relay", {}, environ={}, config=path)


def test_a_missing_a_huge_and_a_directory_for_a_file_are_refused(tmp_path: Path) -> None:
    huge = tmp_path / "huge.toml"
    huge.write_bytes(b"#" * (CONFIG_LIMIT + 1))
    for path, reason in [(tmp_path / "no.toml", "No such file"), (huge, "larger than"), (tmp_path, "Is a directory")]:
        with pytest.raises(ArgumentError, match=reason):
            resolve("relay", {}, environ={}, config=path)


def test_a_table_where_a_value_should_be_is_refused_as_a_value(tmp_path: Path) -> None:
    for text in ("[background]\nvalue = 1\n", "background = [1]\n", "background = 2026-01-01\n"):
        with pytest.raises(ArgumentError, match=r"background .*: expected text or a number"):
            resolve("file", {}, environ={}, config=configuration(tmp_path, text))
