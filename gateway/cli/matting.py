"""What a command line says about who is cut out, as a matting of `transforms.effect`."""

from __future__ import annotations

from collections.abc import Mapping

from gateway.errors import ArgumentError
from gateway.options.matting_options import MattingKind
from gateway.options.settings import Settings
from gateway.options.values import either
from transforms.effect import (
    AutoKey,
    Color,
    EffectError,
    FfmpegKey,
    Learned,
    Matting,
    MediapipeKey,
    ModelKey,
    NoMatting,
    PlateKey,
    ScreenKey,
    SelfieKey,
)

AUTO = ", or auto"
"""What a key colour may also be."""

PARTS: Mapping[str, tuple[MattingKind, ...]] = {
    **dict.fromkeys(("keyer", "similarity", "blend", "exact_color"), ("chroma",)),
    "shadow": ("chroma", "plate"),
    "plate": ("plate", "selfie", "mediapipe", "model", "auto"),
    "model": ("model", "mediapipe"),
    "model_spec": ("model",),
    **dict.fromkeys(("category", "chair"), ("mediapipe",)),
}
"""The mattings in which an option plays a part."""


def matting(settings: Settings, color: str | None, color_name: str) -> Matting:
    """What `--matting` says; without it what a colour (`auto` included), a model or a plate is for, or auto.

    `color`: as typed, None or `-` for none; `color_name` is how the user calls it.

    Raises:
        ArgumentError: they contradict each other.
    """
    typed = None if color == "-" else color
    key = None if typed in (None, "auto") else parse_color(typed or "", color_name, otherwise=AUTO)
    kind = settings.matting or _implied(settings, typed, color_name)
    if kind != "none":
        _check_parts(settings, kind)
    plate = settings.plate or Learned()
    match kind:
        case "chroma":
            return _screen_key(settings, key, color_name)
        case "plate":
            return PlateKey(plate, settings.shadow or "remove")
        case "selfie":
            return SelfieKey(plate)
        case "mediapipe":
            return MediapipeKey(settings.model, settings.category, settings.chair, plate)
        case "model":
            return _model_key(settings)
        case "auto":
            return AutoKey(key, plate)
        case "none":
            return NoMatting()


def parse_color(typed: str, name: str, *, otherwise: str = "") -> Color:
    """A colour in hexadecimal digits; `name` is how the user calls it, `otherwise` what else might have stood there.

    Raises:
        ArgumentError: it is none.
    """
    try:
        return Color.parse(typed)
    except EffectError as error:
        raise ArgumentError(f"{name} {error}{otherwise}") from error


def _implied(settings: Settings, typed: str | None, color_name: str) -> MattingKind:
    """The matting that a colour, a model or a plate means where no other word is said; of the latter two the model.

    A `.task` is a bundle of MediaPipe's, and nobody else's.
    """
    by_option: dict[str, MattingKind] = {}
    if settings.model is not None:
        by_option["--model"] = "mediapipe" if settings.model.suffix.lower() == ".task" else "model"
    if settings.plate is not None:
        by_option["--plate"] = "plate"
    if not by_option:
        return "auto" if typed is None else "chroma"
    option, kind = next(iter(by_option.items()))
    if typed is not None:
        raise ArgumentError(f"{option} beside {color_name} {typed}: expected one of the two, or --matting {kind}")
    return kind


def _check_parts(settings: Settings, kind: MattingKind) -> None:
    """Refuse what would play no part."""
    for name, kinds in PARTS.items():
        value = getattr(settings, name)
        is_given = value is not None and value is not False and value != ()  # 0 is given, too
        if is_given and kind not in kinds:
            option = name.replace("_", "-")
            raise ArgumentError(f"--{option} belongs to --matting {either(kinds)}, not to --matting {kind}")


def _screen_key(settings: Settings, color: Color | None, color_name: str) -> ScreenKey | FfmpegKey:
    asked = {"similarity": settings.similarity, "blend": settings.blend}
    given = {name: value for name, value in asked.items() if value is not None}
    if settings.keyer == "ffmpeg" or (settings.keyer is None and given):
        return _ffmpeg_key(settings, color, given, color_name)
    if given:
        raise ArgumentError(f"--{next(iter(given))} belongs to --keyer ffmpeg, not to --keyer {settings.keyer}")
    if settings.exact_color and color is None:
        raise ArgumentError(f"--exact-color: expected a typed {color_name} such as 2a6a84 beside it")
    return ScreenKey(color, settings.exact_color, settings.shadow or "remove")


def _ffmpeg_key(settings: Settings, color: Color | None, given: dict[str, float], color_name: str) -> FfmpegKey:
    if color is None:
        raise ArgumentError(f"{color_name} auto: --keyer ffmpeg needs a typed one; changebg keycolor finds it")
    if settings.shadow is not None:
        raise ArgumentError("--shadow belongs to --keyer unmix, not to --keyer ffmpeg")
    return FfmpegKey(color, **given)


def _model_key(settings: Settings) -> ModelKey:
    if settings.model is None:
        raise ArgumentError("--matting model: needs --model FILE, an .onnx or .tflite file")
    return ModelKey(settings.model, settings.model_spec, settings.plate or Learned())
