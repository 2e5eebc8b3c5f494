"""A stranger's model is first run in a process of its own.

A model file is a program in a format that native code reads. Whatever is wrong with one, damaged, made to harm, asking
for more memory or time than there is, comes to light in a child that has limits on both, and dies alone. What answers
there is then loaded where the calls are.
"""

from __future__ import annotations

import json
import os
import resource
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from subprocess import DEVNULL, PIPE, Popen, TimeoutExpired
from typing import Any

from transforms.runtime.network import InferenceFailed, ModelError

PATIENCE = 60.0
"""Seconds for all of it: a model that needs longer to load is none for a call."""
PROCESSOR_SECONDS = 30
MEMORY = 6 << 30
"""Octets of address space: what a model of 1 GiB and its pictures need, most of it never touched."""
LARGEST_FILE = 16 << 20
"""Octets: libraries keep caches."""

Document = dict[str, Any]
"""What can be written as JSON."""


def ask_apart(module: str, question: Document, *, name: str) -> Document:
    """What the program `module` answers, whose main function is `answer_apart`. Blocks for seconds.

    `name`: what messages call the model. Of our environment it sees neither secrets nor settings.

    Raises:
        ModelError: it refused the model, took too long, or died of it.
    """
    environ = {key: value for key, value in os.environ.items() if not key.startswith("CHANGEBG_")}
    environ |= {"PYTHONPATH": str(Path(__file__).parents[2]), "OPENBLAS_NUM_THREADS": "1"}
    command = [sys.executable, "-P", "-m", module]
    with Popen(command, stdin=PIPE, stdout=PIPE, stderr=DEVNULL, env=environ, start_new_session=True) as child:
        try:
            told, _ = child.communicate(json.dumps(question).encode(), timeout=PATIENCE)
        except TimeoutExpired as late:
            raise ModelError(f"{name} takes more than {PATIENCE:.0f} s to load and answer once") from late
        finally:
            child.kill()  # has no effect on one that has ended
    return _answer(told, child.returncode, name)


def _answer(told: bytes, status: int, name: str) -> Document:
    try:
        document: Document = json.loads(told)
    except ValueError as error:
        raise ModelError(f"{name} is damaged or made to harm: trying it ended in {_ending(status)}") from error
    if "failed" in document:
        raise ModelError(f"{name} {document['failed']}")
    if "refused" in document:
        raise ModelError(document["refused"])
    return document


def _ending(status: int) -> str:
    """In words, how a process ended."""
    if status >= 0:
        return f"exit status {status}"
    if -status == signal.SIGXCPU:
        return f"more than {PROCESSOR_SECONDS} s of processor time"
    return signal.Signals(-status).name


def answer_apart(answer: Callable[[Document], Document]) -> None:
    """The child's main function: `answer` to the question asked, under limits of memory and time."""
    told = os.dup(sys.stdout.fileno())
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # libraries print there, too
    resource.setrlimit(resource.RLIMIT_CPU, (PROCESSOR_SECONDS, PROCESSOR_SECONDS))
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (LARGEST_FILE, LARGEST_FILE))
    try:
        document = answer(json.loads(sys.stdin.buffer.read()))
    except ModelError as error:
        document = {"refused": str(error)}
    except InferenceFailed as error:
        document = {"failed": f"cannot be run: {error}"}
    except MemoryError:
        document = {"failed": f"needs more than {MEMORY >> 30} GiB of memory"}
    os.write(told, json.dumps(document).encode())
    os._exit(0)  # what a library still wants to do at its end is of no interest
