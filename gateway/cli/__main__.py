"""The command as a process, from the first signal that may come to the exit status.

Until a command has something to close, SIGINT and SIGTERM simply end it: nothing is lost, and the imports take a while.
So this file imports nothing that the interpreter has not imported anyway. What has to be closed is the commands' own
business (`gateway.cli.signals`).
"""

from __future__ import annotations

import os
import signal
import sys


def run() -> None:
    """Do what the command line says, and end the process."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, _end)
    _open_standard_streams()
    # A picture's small matrix products are not worth a thread: waking them cost 30 ms of processor time a frame.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

    from gateway.cli.main import main

    try:
        status = main()
    except SystemExit as end:  # argparse has printed its help
        status = end.code if isinstance(end.code, int) else 0
    _leave(status)


def _end(number: int, frame: object) -> None:
    os._exit(0)


def _open_standard_streams() -> None:
    """Let what was closed lead nowhere: print would else take stdout for stderr, and a socket would get its number."""
    sys.stdin = sys.stdin or open(os.devnull)  # noqa: PTH123, SIM115
    sys.stdout = sys.stdout or open(os.devnull, "w")  # noqa: PTH123, SIM115
    sys.stderr = sys.stderr or open(os.devnull, "w")  # noqa: PTH123, SIM115


def _leave(status: int) -> None:
    """End at once: a thread that was left in native code, compiling, would see the interpreter taken from under it."""
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except OSError:
            status = status or 1
    os._exit(status)


if __name__ == "__main__":
    run()
