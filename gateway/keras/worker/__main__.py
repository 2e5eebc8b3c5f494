"""`python -m worker JOB FOLDER`: one conversion; `answer.json` in FOLDER says what became of it.

JOB is a JSON file: `path`, and for a checkpoint of keras_segmentation `config`. What libraries print goes to stderr.
"""

from __future__ import annotations

import json
import os
import resource
import sys
from pathlib import Path
from typing import Any

from .exporting import export
from .loading import segmentation_model, whole_model
from .refusal import Refused

NICENESS = 10
MEMORY_SHARE = 0.75
"""Of the machine's memory: a layer described as a million times a million wide is refused, and takes nothing down."""


def main(job: Path, folder: Path) -> None:
    """Do the job; the answer is what was seen, or `refused`."""
    _behave()
    try:
        answer: dict[str, Any] = export(_model(json.loads(job.read_text()), folder), folder).document()
    except Refused as refused:
        answer = {"refused": str(refused)}
    except MemoryError:
        answer = {"refused": "it takes more memory than there is"}
    (folder / "answer.json").write_text(json.dumps(answer))


def _model(job: dict[str, Any], folder: Path) -> Any:
    path = Path(job["path"])
    return segmentation_model(job["config"], path) if "config" in job else whole_model(path, folder)


def _behave() -> None:
    """Give way to calls on the same machine, and have a limit."""
    os.nice(NICENESS)
    most = int(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") * MEMORY_SHARE)
    resource.setrlimit(resource.RLIMIT_DATA, (most, most))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


main(Path(sys.argv[1]), Path(sys.argv[2]))
