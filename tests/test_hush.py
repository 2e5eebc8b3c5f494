from __future__ import annotations

import os
import sys
import threading
from pathlib import Path

import pytest

from transforms.runtime.hush import STANDARD_ERROR, native_stderr_hushed

CHATTER = [
    "INFO: Created TensorFlow Lite XNNPACK delegate for CPU.",
    "WARNING: Logging before InitGoogle() is written to STDERR",
    "W0000 00:00:1795383491.812570   20193 inference_feedback_manager.cc:121] Feedback manager requires a model",
    "ERROR: The model is not a valid Flatbuffer buffer",
]


def say(*lines: str) -> None:
    os.write(STANDARD_ERROR, "".join(f"{line}\n" for line in lines).encode())


def test_native_chatter_is_kept_back_and_what_others_say_is_not(capfd: pytest.CaptureFixture[str]) -> None:
    say("before")
    with native_stderr_hushed():
        say(*CHATTER[:2], "a word of ours", *CHATTER[2:])
    say("after")
    assert capfd.readouterr().err == "before\na word of ours\nafter\n"


def test_it_is_put_back_when_something_goes_wrong(capfd: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(ZeroDivisionError), native_stderr_hushed():
        say(CHATTER[0])
        raise ZeroDivisionError
    say("after")
    assert capfd.readouterr().err == "after\n"


def test_no_descriptor_is_left_open() -> None:
    before = len(list(Path("/proc/self/fd").iterdir()))
    for _ in range(3):
        with native_stderr_hushed():
            say(CHATTER[0])
    assert len(list(Path("/proc/self/fd").iterdir())) == before


def test_a_process_without_standard_error_is_served_too() -> None:
    kept = os.dup(STANDARD_ERROR)
    os.close(STANDARD_ERROR)
    try:
        with native_stderr_hushed():
            reached = True
        with pytest.raises(OSError, match="Bad file descriptor"):
            os.fstat(STANDARD_ERROR)
    finally:
        os.dup2(kept, STANDARD_ERROR)
        os.close(kept)
    assert reached


def test_two_at_once_take_turns(capfd: pytest.CaptureFixture[str]) -> None:
    inside = threading.Event()

    def other() -> None:
        inside.wait()
        with native_stderr_hushed():
            say(CHATTER[1], "the other")

    thread = threading.Thread(target=other)
    thread.start()
    with native_stderr_hushed():
        inside.set()
        say(CHATTER[0], "the one")
    thread.join()
    sys.stderr.flush()
    assert capfd.readouterr().err == "the one\nthe other\n"
