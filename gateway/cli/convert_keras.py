"""`changebg models convert-keras`: a Keras model, or a checkpoint of keras_segmentation, as ONNX and a spec."""

from __future__ import annotations

import sys
from pathlib import Path

from gateway.cli.events import tell
from gateway.cli.parser import Usage, Words
from gateway.cli.progress import ProgressLine
from gateway.cli.signals import stop_signals
from gateway.keras.checkpoint import recognise
from gateway.options.values import at_home

USAGE = Usage(
    command="models convert-keras",
    summary="a Keras model, or a checkpoint of keras_segmentation, as ONNX and a spec",
    arguments=(
        (
            "CHECKPOINT",
            "keras_segmentation's checkpoints_path, or one epoch of it, person.4; or a Keras model, .h5 or .keras",
        ),
    ),
    examples="""\
examples:
  changebg models convert-keras checkpoints/person                    writes checkpoints/person.4.onnx and person.4.toml
  changebg models convert-keras slim.h5 --output models/slim.onnx
  changebg models check models/slim.onnx me.jpg --output matte.png

TensorFlow is fetched by pip, at pinned versions, into a virtual environment that is removed again; PIP_INDEX_URL and
pip's other settings hold. 4 GiB are needed in TMPDIR for a while. Code inside a model file, Lambda layers for instance,
is never run: what cannot do without is refused.""",
)

STEP_WIDTH = 100
"""Characters of a progress line: pip names whole addresses."""


def run(words: Words) -> int:
    """Convert and tell; returns the exit status."""
    checkpoint = recognise(at_home(words.arguments["CHECKPOINT"]))
    target = words.settings.output or checkpoint.folder / f"{checkpoint.name}.onnx"

    from gateway.keras.conversion import convert
    from gateway.keras.environment import Stopped

    with stop_signals() as is_stopped, ProgressLine(sys.stderr) as line:
        try:
            done = convert(
                checkpoint,
                Path(target),
                tell=lambda sentence: line.leave(f"changebg: {sentence}"),
                progress=lambda text: line.show(text[:STEP_WIDTH]),
                is_stopped=is_stopped,
            )
        except Stopped:
            line.leave("changebg: stopped; nothing is left behind")
            return 0
    for sentence in done.assumed:
        tell(sentence)
    tell(f"{done.model} answers as TensorFlow does, to {done.difference:.1g}")
    print(f"{done.model}\n{done.spec}")
    return 0
