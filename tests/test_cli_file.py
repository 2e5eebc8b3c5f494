"""`changebg file` as a process: signals, full discs, terminals."""

from __future__ import annotations

import io
import logging
import os
import resource
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

from gateway.cli.file import _progress
from gateway.cli.progress import ProgressLine, bar, clock
from gateway.file.summary import FileSummary

WORDS = ["--background", "color:802020", "--matting", "none", "--preset", "medium"]


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Noise, which takes an encoder long."""
    path = tmp_path_factory.mktemp("clip") / "in.mkv"
    noise = np.random.default_rng(5)
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=30, options={"crf": "20", "preset": "ultrafast"})
        assert isinstance(stream, av.VideoStream)
        stream.width, stream.height, stream.pix_fmt = 160, 120, "yuv420p"
        for number in range(400):
            frame = av.VideoFrame.from_ndarray(noise.integers(0, 256, (180, 160), dtype=np.uint8), format="yuv420p")
            frame.pts, frame.time_base = number, Fraction(1, 30)
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return path


def started(*words: str, limit: Callable[[], None] | None = None) -> subprocess.Popen[bytes]:
    environ = {name: value for name, value in os.environ.items() if not name.startswith("CHANGEBG_")}
    return subprocess.Popen(
        [sys.executable, "-m", "gateway.cli", "file", *words, *WORDS],
        stdin=subprocess.PIPE,
        env=environ | {"PYTHONPATH": str(Path(__file__).parents[1])},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        preexec_fn=limit,
    )


def wait_until(condition: Callable[[], bool], process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + 60
    while not condition():
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < deadline
        time.sleep(0.01)


@pytest.mark.parametrize(("number", "threads"), [(signal.SIGINT, "1"), (signal.SIGTERM, "3")])
def test_a_signal_ends_the_file_whole_as_far_as_it_has_come(
    clip: Path, tmp_path: Path, number: signal.Signals, threads: str
) -> None:
    output, part = tmp_path / "out.mkv", tmp_path / "out.mkv.part"
    process = started(str(clip), str(output), "--threads", threads)
    wait_until(lambda: part.exists() and part.stat().st_size > 0, process)
    process.send_signal(number)
    said = process.communicate(timeout=60)[1].decode()
    assert process.returncode == 0, said
    with av.open(str(output)) as container:
        frames = sum(1 for _ in container.decode(video=0))
    assert 0 < frames < 400
    assert f"{frames} out" in said
    assert list(tmp_path.iterdir()) == [output]


def test_a_signal_ends_the_file_while_the_pipe_it_comes_from_is_silent(clip: Path, tmp_path: Path) -> None:
    output, part = tmp_path / "out.mkv", tmp_path / "out.mkv.part"
    process = started("-", str(output), "--threads", "1")
    assert process.stdin is not None
    process.stdin.write(clip.read_bytes()[:-50_000])
    process.stdin.flush()
    wait_until(lambda: part.exists() and part.stat().st_size > 0, process)
    process.send_signal(signal.SIGINT)
    assert process.wait(timeout=60) == 0
    process.communicate()  # only now is the pipe closed
    with av.open(str(output)) as container:
        assert 0 < sum(1 for _ in container.decode(video=0)) < 400


def test_a_file_to_rtp_prints_its_sdp_and_ends_on_a_signal(clip: Path) -> None:
    process = started(str(clip), "rtp://127.0.0.1:9/?rtcpport=9")
    assert process.stdout is not None
    described = b"".join(iter(process.stdout.readline, b"a=sendonly\r\n")).decode()
    assert "m=video 9 RTP/AVPF 96" in described
    assert "a=rtcp-mux" in described
    process.send_signal(signal.SIGINT)
    said = process.communicate(timeout=60)[1].decode()
    assert process.returncode == 0, said
    assert " frames in, " in said


def test_a_file_that_cannot_grow_is_a_failure_and_nothing_is_left(clip: Path, tmp_path: Path) -> None:
    def limit() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (50_000, 50_000))

    process = started(str(clip), str(tmp_path / "out.mkv"), limit=limit)
    out, said = process.communicate(timeout=60)
    assert process.returncode == 1
    assert said == b"changebg: OUTPUT: out.mkv cannot be written: File too large\n"
    assert out == b""
    assert list(tmp_path.iterdir()) == []


class Terminal(io.StringIO):
    """A screen to write on."""

    def isatty(self) -> bool:
        return True


def test_a_progress_line_replaces_itself_and_leaves_a_fresh_line() -> None:
    terminal = Terminal()
    with ProgressLine(terminal) as line:
        line.show("a long text", at_once=True)
        line.show("short", at_once=True)
    assert terminal.getvalue() == "\ra long text\rshort      \n"


def test_a_progress_line_is_not_written_more_often_than_it_can_be_read() -> None:
    terminal = Terminal()
    with ProgressLine(terminal) as line:
        for number in range(1000):
            line.show(str(number))
    assert terminal.getvalue().count("\r") < 10


def test_no_terminal_no_progress() -> None:
    stream = io.StringIO()
    with ProgressLine(stream) as line:
        line.show("unseen", at_once=True)
    assert stream.getvalue() == ""


def test_what_is_logged_stands_above_the_line() -> None:
    terminal = Terminal()
    handler = logging.StreamHandler(terminal)
    logging.getLogger().addHandler(handler)
    try:
        with ProgressLine(terminal) as line:
            line.show("12 %", at_once=True)
            logging.getLogger("changebg").warning("the matte is unsure")
            line.show("13 %")
    finally:
        logging.getLogger().removeHandler(handler)
    assert terminal.getvalue() == "\r12 %\r    \rthe matte is unsure\n\r13 %\n"
    assert handler.filters == []


@pytest.mark.parametrize(
    ("done", "total", "shown"),
    [
        (0, 100, "0 frames"),  # sound may come before the first picture
        (50, 100, " 50 % "),
        (100, 100, "100 % "),
        (120, 100, "120 frames"),  # the file said less than it has
        (7, None, "7 frames"),
    ],
)
def test_progress_tells_how_far_how_fast_and_how_long(done: int, total: int | None, shown: str) -> None:
    told = _progress(FileSummary(frames_in=done, total=total))
    assert told.startswith(shown)
    assert " fps " in told
    assert told.endswith(" left") == shown.endswith("% ")


@pytest.mark.parametrize(("share", "cells"), [(0, 0), (0.5, 15), (1, 30), (7, 30)])
def test_a_bar_is_as_full_as_its_share(share: float, cells: int) -> None:
    drawn = bar(share, beside=20)
    assert (drawn.count("━"), len(drawn)) == (cells, 30)


def test_a_bar_makes_room_for_the_text_beside_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "40")
    assert len(bar(0.5, beside=20)) == 18
    assert bar(0.5, beside=35) == ""


def test_time_left_is_told_as_people_read_it() -> None:
    assert [clock(7), clock(61.4), clock(3723)] == ["0:07", "1:01", "1:02:03"]
