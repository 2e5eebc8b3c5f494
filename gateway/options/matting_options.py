"""The options that say who is cut out, and how they are known: a part of the table in `gateway.options.settings`."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

from gateway.options import serve_values, values
from gateway.options.option import CALLS, MODEL_CHECKS, RELAY_AND_FILE, Option
from gateway.options.serve_options import ServeOptions
from transforms.effect import FirstFrames, Learned, PlateImage, Shadow

MattingKind = Literal["chroma", "plate", "selfie", "mediapipe", "model", "auto", "none"]


@dataclass(frozen=True, slots=True, kw_only=True)
class MattingOptions(ServeOptions):
    """What was asked of the matting. None: decided where it is used.

    Which of them plays a part in which matting is for `gateway.cli.matting` to say.
    """

    matting: Annotated[
        MattingKind | None,
        Option(
            values.one_of("chroma", "plate", "selfie", "mediapipe", "model", "auto", "none"),
            "KIND",
            "chroma, plate, selfie, mediapipe, model, auto, or none, the picture as it is (default: chroma by a colour,"
            " plate by --plate, model by --model, else auto: whichever of screen, plate and person can be trusted)",
            RELAY_AND_FILE,
        ),
    ] = None
    color: Annotated[
        str | None,
        Option(
            values.text,
            "COLOR",
            "the screen's colour, where its search begins: 2a6a84, 0x2a6a84 or #2a6a84; auto: found by itself",
            ("file", "demo", "keycolor"),
        ),
    ] = None
    exact_color: Annotated[
        bool, Option(values.switch, "", "take the colour as the last word: not measured, not followed", RELAY_AND_FILE)
    ] = False
    keyer: Annotated[
        Literal["unmix", "ffmpeg"] | None,
        Option(
            values.one_of("unmix", "ffmpeg"),
            "KEYER",
            "unmix, relative to the screen's own strength, or ffmpeg, its chromakey exactly (default unmix)",
            CALLS,
        ),
    ] = None
    similarity: Annotated[
        float | None,
        Option(
            values.number(0.00001, 1), "S", "ffmpeg's chromakey similarity, 0.00001-1; selects --keyer ffmpeg", CALLS
        ),
    ] = None
    blend: Annotated[
        float | None,
        Option(values.number(0, 1), "B", "ffmpeg's chromakey blend, 0-1; selects --keyer ffmpeg", CALLS),
    ] = None
    shadow: Annotated[
        Shadow | None,
        Option(
            values.one_of("remove", "keep"),
            "POLICY",
            "the shadow that the person casts on the screen or wall: remove or keep (default remove)",
            RELAY_AND_FILE,
        ),
    ] = None
    plate: Annotated[
        PlateImage | FirstFrames | Learned | None,
        Option(
            values.plate,
            "PLATE",
            "the background without the person: an image, first:N frames, or learn, in the call (default learn)",
            (*RELAY_AND_FILE, "models check"),
        ),
    ] = None
    model: Annotated[
        Path | None,
        Option(
            values.path, "FILE", ".onnx or .tflite of --matting model, .tflite or .task of mediapipe", RELAY_AND_FILE
        ),
    ] = None
    model_spec: Annotated[
        Path | None,
        Option(
            values.path,
            "FILE",
            "a TOML file that describes it, or the name of a spec that comes with changebg (default: found out)",
            (*RELAY_AND_FILE, *MODEL_CHECKS),
        ),
    ] = None
    category: Annotated[
        tuple[str, ...],
        Option(
            serve_values.words,
            "NAME",
            "a category that is foreground, by name or number, of mediapipe (default: persons)",
            RELAY_AND_FILE,
            is_list=True,
        ),
    ] = ()
    chair: Annotated[bool, Option(values.switch, "", "the chair is foreground, too, of mediapipe", RELAY_AND_FILE)] = (
        False
    )
