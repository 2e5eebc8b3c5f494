"""`changebg models list`, `describe` and `check`: which there are, what one takes and answers, whether it works."""

from __future__ import annotations

import json
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING

from gateway.cli.parser import Usage, Words
from gateway.errors import ArgumentError, GatewayError
from gateway.options.values import at_home

if TYPE_CHECKING:
    from transforms.matting import Matte
    from transforms.matting import Matting as MattingInUse
    from transforms.model.listing import ModelListing
    from transforms.model.loading import Model
    from transforms.picture import Picture

LIST = Usage(
    command="models list",
    summary="the models there are, and their licences",
    arguments=(),
    examples="""\
examples:
  changebg models list                        what comes with changebg, and the architectures it has specs for
  changebg models list --models-dir models    the .onnx, .tflite and .task files in a folder, too""",
)

DESCRIBE = Usage(
    command="models describe",
    summary="what a model takes and answers, as a spec",
    arguments=(("FILE", "an .onnx or .tflite model"),),
    examples="""\
examples:
  changebg models describe rvm.onnx
  changebg models describe net.onnx > net.toml       to be changed: the spec beside a model is used with it
  changebg models describe net.onnx --model-spec modnet

Prints TOML: what a spec says, what was found in the model, and for the rest the defaults. Ahead, as comments, how long
a picture took in a first run, in how much memory, and what had to be assumed.""",
)

CHECK = Usage(
    command="models check",
    summary="run a model on a picture and write the matte",
    arguments=(
        ("FILE", "an .onnx or .tflite model"),
        ("PICTURE", "an image, or a video of which the first second is played and the last matte counts"),
    ),
    examples="""\
examples:
  changebg models check rvm.onnx me.jpg --output matte.png
  changebg models check bgm.onnx call.mp4 --plate empty-room.jpg --output matte.png

Prints one line of JSON: foreground (its share of the picture, 0-1), milliseconds (for a picture, everything included),
confidence (0-1), accepted (whether a call would show this matte), reason (why not) and output (the file written).""",
)

PLAYED = 30
"""Frames of a video: a second, in which a model with states has found to itself."""


def list_models(words: Words) -> int:
    """Print what there is; returns the exit status."""
    from transforms.model.listing import models_in
    from transforms.model.spec_file import shipped
    from transforms.model.spec_words import spec_names

    folder = words.settings.models_dir
    if folder is not None and not folder.is_dir():
        raise ArgumentError(f"--models-dir {str(folder)!r}: expected a folder")
    print("with changebg:")
    print("  selfie                  Apache-2.0     MediaPipe's selfie segmentation, --matting selfie")
    print("specs with changebg, for models of your own (--model FILE):")
    for name in spec_names():
        said = shipped(name)
        print(f"  {name:<23} {said.get('license', '-'):<14} {said.get('title', '')}")
    if folder is None:
        return 0
    found = models_in(folder)
    print(f"in {folder}:" if found else f"in {folder}: no .onnx, .tflite or .task file")
    width = max((len(listing.name) for listing in found), default=0)
    for listing in found:
        print(_line(listing, width))
    return 0


def describe(words: Words) -> int:
    """Print what a model takes and answers; returns the exit status."""
    from transforms.model.loading import load
    from transforms.model.spec_text import as_toml

    path = at_home(words.arguments["FILE"])
    model = load(path, words.settings.model_spec, quality=words.settings.quality)
    print(_facts(model))
    print(as_toml(model.spec), end="")
    model.graph.close()
    return 0


def check(words: Words) -> int:
    """Run a model on a picture and tell; returns the exit status."""
    from transforms import catalog, effect

    settings = words.settings
    path, picture = (at_home(words.arguments[name]) for name in ("FILE", "PICTURE"))
    key = effect.ModelKey(path, settings.model_spec, settings.plate or effect.Learned())
    behind = effect.ColorBackground(effect.Color(0, 0, 0))
    matting = catalog.matting(effect.Effect(key, behind, quality=settings.quality))
    try:
        matte, seconds = _played(matting, picture)
        written = _written(matte, settings.output) if matte.is_sure else None
    finally:
        matting.close()
    print(json.dumps(_answer(matte, seconds, written)))
    return 0


def _line(listing: ModelListing, width: int) -> str:
    told = (
        f"  {listing.name:<{max(width, 23)}} {listing.licence or '-':<14} {listing.title} ({_octets(listing.octets)})"
    )
    if len(listing.categories) > 1:
        told += f"; classes: {', '.join(f'{number} {label}' for number, label in enumerate(listing.categories))}"
    return told if listing.problem is None else f"{told}\n    cannot be used: {listing.problem}"


def _octets(octets: int) -> str:
    return f"{octets / 1e6:.1f} MB" if octets >= 1e5 else f"{octets / 1e3:.1f} kB"


def _facts(model: Model) -> str:
    trial = model.trial
    matting = "person matting from it and the colours" if model.spec.matte.refine else "its answer is the matte"
    took = f"{trial.seconds * 1000:.1f} ms a picture on one core, in a process of {trial.memory / 1e6:.0f} MB"
    takes = model.spec.inputs.picture
    is_assumed = not model.spec.title and not any(takes.mean) and takes.scale == 1 / 255
    assumed = "\n# taken to be trained on RGB from 0 to 1, which no file says: [input] color, scale, mean, std"
    return (
        f"# {model.path.name}: {model.runtime}, {_octets(model.path.stat().st_size)}; {matting}\n"
        f"# shown {trial.size.width}x{trial.size.height}: {took}{assumed if is_assumed else ''}"
    )


def _played(matting: MattingInUse, path: Path) -> tuple[Matte, float]:
    """The last matte of an image or of a video's first second, and the seconds that it took."""
    from transforms.matting import NotReady

    matte, awaited, seconds = None, None, 0.0
    for number, picture in enumerate(islice(_pictures(path), PLAYED)):
        started = perf_counter()
        try:
            matte = matting.matte(picture, number / PLAYED)
        except NotReady as not_ready:
            awaited = not_ready
        seconds = perf_counter() - started
    if matte is None:
        raise GatewayError(f"PICTURE {str(path)!r}: {awaited or 'not one picture could be decoded'}")
    return matte, seconds


def _pictures(path: Path) -> Iterator[Picture]:
    from gateway.codec.planar import picture_of
    from gateway.codec.reader import VideoReader

    with VideoReader(path, expected="an image or a video file") as reader:
        yield from (picture_of(frame, assumed=None) for frame in reader)


def _written(matte: Matte, output: Path | None) -> Path | None:
    if output is None:
        return None
    from PIL import Image

    try:
        Image.fromarray(matte.alpha).save(output)
    except (OSError, ValueError) as error:
        raise ArgumentError(f"--output {str(output)!r}: {error}") from error
    return output


def _answer(matte: Matte, seconds: float, written: Path | None) -> dict[str, object]:
    return {
        "foreground": round(float(matte.alpha.mean()) / 255, 4),
        "milliseconds": round(seconds * 1000, 1),
        "confidence": round(matte.confidence, 3),
        "accepted": matte.is_sure,
        "reason": matte.reason,
        "output": None if written is None else str(written),
    }
