"""The command as a process: signals at any time, closed streams, a pipe that nobody reads."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.calls import free_port

COMMAND = [sys.executable, "-m", "gateway.cli"]
STOP = pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])


@pytest.fixture
def environ() -> dict[str, str]:
    plain = {name: value for name, value in os.environ.items() if not name.startswith("CHANGEBG_")}
    return plain | {"PYTHONPATH": str(Path(__file__).parents[1])}


@pytest.fixture
def port() -> int:
    return free_port()


@pytest.fixture
def words(tmp_path: Path, port: int) -> list[str]:
    description = tmp_path / "call.sdp"
    description.write_text(f"v=0\nc=IN IP4 127.0.0.1\nm=video {port} RTP/AVP 96\na=rtpmap:96 H264/90000\n")
    return [str(description), "color:102030", "2a6a84", "rtp://127.0.0.1:9", "96"]


@contextmanager
def started(words: list[str], environ: dict[str, str]) -> Iterator[subprocess.Popen[bytes]]:
    process = subprocess.Popen(
        [*COMMAND, *words], env=environ, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def wait_until_bound(port: int) -> None:
    deadline = time.monotonic() + 30
    while f":{port:04X} " not in Path("/proc/net/udp").read_text():
        assert time.monotonic() < deadline
        time.sleep(0.01)


@STOP
def test_a_signal_before_anything_was_begun_ends_it_without_a_word(
    words: list[str], tmp_path: Path, environ: dict[str, str], number: signal.Signals
) -> None:
    os.mkfifo(tmp_path / "pipe.sdp")
    with started([str(tmp_path / "pipe.sdp"), *words[1:]], environ) as process:
        with (tmp_path / "pipe.sdp").open("wb"):  # opened: it is about to read
            process.send_signal(number)
            assert process.wait(10) == 0
        assert process.communicate() == (b"", b"")


@STOP
def test_signals_while_kernels_are_compiled_end_it_in_an_orderly_way(
    words: list[str], port: int, tmp_path: Path, environ: dict[str, str], number: signal.Signals
) -> None:
    with started(words, environ | {"NUMBA_CACHE_DIR": str(tmp_path / "cold")}) as process:
        wait_until_bound(port)
        process.send_signal(number)
        process.send_signal(number)
        out, said = process.communicate(timeout=10)
        assert (process.returncode, out) == (0, b"")
        assert said.startswith(b"changebg: 0 frames in")
        assert said.count(b"\n") == 1


@STOP
def test_signals_over_and_over_leave_the_summary(
    words: list[str], environ: dict[str, str], number: signal.Signals
) -> None:
    with started(words, environ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"v=0\r\n"
        while process.poll() is None:
            process.send_signal(number)
            time.sleep(0.002)
        _, said = process.communicate()
        assert process.returncode == 0
        assert said.startswith(b"changebg: 0 frames in")


def shell(line: str, words: list[str], environ: dict[str, str]) -> subprocess.CompletedProcess[bytes]:
    """The command with what `line` makes of its streams."""
    script = f'exec "$@" {line}'
    return subprocess.run(["sh", "-c", script, "sh", *COMMAND, *words], env=environ, capture_output=True, timeout=60)


def test_a_closed_stdin_is_an_empty_description(words: list[str], environ: dict[str, str]) -> None:
    done = shell("<&-", ["-", *words[1:]], environ)
    assert (done.returncode, done.stderr) == (2, b"changebg: SDP '-': the SDP is empty\n")


def test_a_closed_stderr_sends_nothing_to_stdout(words: list[str], environ: dict[str, str]) -> None:
    done = shell("2>&-", [*words, "--idle-timeout", "0.1"], environ)
    assert done.returncode == 0
    assert done.stdout.startswith(b"v=0\r\n")
    assert b"frames in" not in done.stdout


@pytest.mark.parametrize("streams", [">&-", ">/dev/full", "2>/dev/full", "<&- >&- 2>&-"])
def test_a_relay_whose_words_nobody_can_read_goes_on(words: list[str], environ: dict[str, str], streams: str) -> None:
    assert shell(streams, [*words, "--idle-timeout", "0.1"], environ).returncode == 0
