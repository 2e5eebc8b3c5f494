"""What a converted model's file does not say of it, as the TOML beside it does (`transforms.model.spec_words`)."""

from __future__ import annotations

from collections.abc import Mapping

from gateway.keras.checkpoint import Checkpoint

MEAN = (123.68, 116.779, 103.939)
"""Red, green and blue of ImageNet's average, which keras_segmentation subtracts (get_image_array, "sub_mean")."""


def description(checkpoint: Checkpoint, seen: Mapping[str, object]) -> str:
    """The spec of a model, `seen` being what the worker told of it, its assumptions beside the words that hold them."""
    sections = [_head(checkpoint, seen), _input(checkpoint, seen), _output(seen)]
    return "\n".join("\n".join([*section, ""]) for section in sections)


def assumptions(checkpoint: Checkpoint, seen: Mapping[str, object]) -> list[str]:
    """What nobody could know and whoever trained the model should look at; nothing for most."""
    told = []
    if checkpoint.config is None and not seen["prepares"]:
        told.append("its pictures are taken to be RGB, 0 to 1: if it was trained on others, change [input]")
    classes = _count(seen)
    if classes > 2:
        told.append(
            f"of its {classes} classes all but the first are taken to be foreground: if they are not, change class"
        )
    return told


def _head(checkpoint: Checkpoint, seen: Mapping[str, object]) -> list[str]:
    source = f"changebg models convert-keras, Keras {seen['keras']}"
    return [f"title = {_quoted(checkpoint.told())}", f"source = {_quoted(source)}"]


def _input(checkpoint: Checkpoint, seen: Mapping[str, object]) -> list[str]:
    size = seen["size"]
    lines = [
        "[input]",
        'name = "picture"',
        'layout = "nhwc"',
        f"size = {list(size) if isinstance(size, list | tuple) else _quoted('any')}",
        'color = "rgb"',
    ]
    if checkpoint.config is not None:
        return [*lines, "scale = 1.0  # values 0 to 255, less the average of ImageNet", f"mean = {list(MEAN)}"]
    if seen["prepares"]:
        return [*lines, "scale = 1.0  # values 0 to 255: the model prepares them itself"]
    return [
        *lines,
        f"scale = {1 / 255!r}  # values 0 to 1: assumed. 0 to 255: 1.0; -1 to 1: {1 / 127.5!r} with mean = [1, 1, 1]",
    ]


def _output(seen: Mapping[str, object]) -> list[str]:
    kind = "logits" if seen["activation"] == "linear" else "probability"
    classes = _count(seen)
    which = [] if classes == 1 else [f"class = {1 if classes == 2 else list(range(1, classes))}"]
    hint = "refine = true  # the picture's own colours make the edge; false: its answer is the matte as it is"
    return ["[output]", 'name = "matte"', f'kind = "{kind}"', 'layout = "nhwc"', *which, hint]


def _count(seen: Mapping[str, object]) -> int:
    classes = seen["classes"]
    return classes if isinstance(classes, int) else 1


def _quoted(text: str) -> str:
    """A TOML string; what cannot be printed is left out."""
    printable = "".join(letter for letter in text if letter.isprintable())
    return '"' + printable.replace("\\", "\\\\").replace('"', '\\"') + '"'
