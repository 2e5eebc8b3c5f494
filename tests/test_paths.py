"""Where inputs and outputs may lie, and outputs that appear only when they are whole."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from gateway.codec.inputs import PIPE
from gateway.codec.paths import check_paths, written_aside
from gateway.errors import ArgumentError, GatewayError


@pytest.fixture
def source(tmp_path: Path) -> Path:
    path = tmp_path / "in.mp4"
    path.write_bytes(b"video")
    return path


def test_a_file_appears_only_when_it_is_whole(tmp_path: Path) -> None:
    target = tmp_path / "out.mkv"
    target.write_text("before")
    with pytest.raises(GatewayError), written_aside(target) as part:
        part.write_text("half")
        raise GatewayError("no more")
    assert target.read_text() == "before"
    with written_aside(target) as part:
        part.write_text("whole")
        assert target.read_text() == "before"
    assert target.read_text() == "whole"
    assert list(tmp_path.iterdir()) == [target]


def test_a_sequence_appears_only_when_it_is_whole(tmp_path: Path) -> None:
    target = tmp_path / "x.%02d.png"
    with pytest.raises(GatewayError), written_aside(target) as part:
        part.with_name("x.01.png").write_text("half")
        raise GatewayError("no more")
    assert list(tmp_path.iterdir()) == []
    with written_aside(target) as part:
        part.with_name("x.01.png").write_text("one")
        assert not (tmp_path / "x.01.png").exists()
    assert [path.read_text() for path in tmp_path.iterdir()] == ["one"]


def test_a_link_is_kept_and_a_device_is_written_to_itself(tmp_path: Path) -> None:
    (tmp_path / "link.mkv").symlink_to(tmp_path / "out.mkv")
    with written_aside(tmp_path / "link.mkv") as part:
        part.write_text("whole")
    assert (tmp_path / "link.mkv").is_symlink()
    assert (tmp_path / "out.mkv").read_text() == "whole"
    os.mkfifo(tmp_path / "pipe.mkv")
    with written_aside(tmp_path / "pipe.mkv") as part:
        assert part == tmp_path / "pipe.mkv"
    assert (tmp_path / "pipe.mkv").is_fifo()


def test_what_would_go_wrong_at_the_end_is_refused_at_the_start(tmp_path: Path, source: Path) -> None:
    linked = tmp_path / "linked.mp4"
    linked.hardlink_to(source)
    for output, reason in [
        (source, "is the input"),
        (linked, "is the input"),
        (tmp_path, "is a directory"),
        (tmp_path / "no" / "out.mp4", "there is no directory"),
    ]:
        with pytest.raises(ArgumentError, match=f"OUTPUT .*{reason}"):
            check_paths(source, output)
    check_paths(source, tmp_path / "out.mp4")


@pytest.mark.parametrize("output", ["x.%04d.png", "x.0007.png"])
def test_a_sequence_is_not_written_over_itself(tmp_path: Path, output: str) -> None:
    with pytest.raises(ArgumentError, match="is the input"):
        check_paths(tmp_path / "x.%04d.png", tmp_path / output)
    check_paths(tmp_path / "x.%04d.png", tmp_path / "y.%04d.png")


def test_what_is_not_there_is_no_input(tmp_path: Path) -> None:
    output = tmp_path / "out.mp4"
    for path, reason in [(tmp_path / "no.mp4", "no such file"), (tmp_path, "is a directory")]:
        with pytest.raises(ArgumentError, match=f"INPUT .*{reason}, expected a video file"):
            check_paths(path, output)
    with pytest.raises(ArgumentError, match=r"INPUT .*there is no directory"):
        check_paths(tmp_path / "no" / "x.%d.png", output)


def test_a_terminal_is_no_pipe(tmp_path: Path, source: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    terminal, ours = os.openpty()
    try:
        with os.fdopen(os.dup(ours), "rb") as shown:
            monkeypatch.setattr("sys.stdin", shown)
            monkeypatch.setattr("sys.stdout", shown)
            with pytest.raises(ArgumentError, match="INPUT -: standard input is a terminal"):
                check_paths(PIPE, tmp_path / "out.mp4")
            with pytest.raises(ArgumentError, match="OUTPUT -: standard output is a terminal"):
                check_paths(source, PIPE)
    finally:
        os.close(terminal)
        os.close(ours)
