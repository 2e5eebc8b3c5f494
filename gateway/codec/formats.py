"""What is written under which name: from an output's extension to a container, a codec and its options.

Names of containers and encoders are libav's. Which codec is meant follows from the extension and from what is to be
seen: a composite is coded for viewers, an alpha without loss where that is usual, a foreground with its alpha where
editors expect one: ProRes 4444 in QuickTime, VP9 in WebM, RGBA in PNG, FFV1 in Matroska, all of them straight.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType

from gateway.codec.inputs import PIPE, is_sequence
from gateway.errors import ArgumentError
from gateway.options.settings import PRESETS
from gateway.options.values import either
from transforms.effect import View

DEFAULT_CRF = 18
"""x264's constant rate factor that is commonly taken for visually lossless."""

VPX_CEILING = 20_000_000
"""Bits per second: libvpx's VP8 holds a constant quality only below a given rate."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Coding:
    """How somebody wants pictures coded. None: as the output's extension suggests, by quality, the encoder's choice.

    `gop`: seconds between key frames. `threads`: 0 is one per core. `format`: what `-` is written as, by its extension.
    """

    codec: str | None = None
    crf: float | None = None
    bitrate: int | None = None
    preset: str = "medium"
    profile: str | None = None
    gop: float | None = None
    threads: int = 0
    format: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Encoding:
    """How pictures are coded in a file: an encoder of libav (`libx264`) and its options; `bit_rate` if not by quality.

    `pixel_format`: `gray` is the luma alone. `gop`: seconds between key frames, None the encoder's choice. `threads`: 0
    is one per core.
    """

    encoder: str
    options: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    pixel_format: str = "yuv420p"
    bit_rate: int | None = None
    gop: float | None = None
    threads: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class OutputFormat:
    """A container and how pictures are coded in it. `options`: the muxer's.

    `is_even`: no odd width or height. `with_alpha`: pictures are a foreground, straight, with its alpha. `carries`:
    there is room for sound. `is_timed`: pictures have times, rather than one rate. `pictures`: how many there is room
    for, None any number.
    """

    container: str
    encoding: Encoding
    options: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    is_even: bool = False
    with_alpha: bool = False
    carries: bool = True
    is_timed: bool = True
    pictures: int | None = None


@dataclass(frozen=True, slots=True)
class _Container:
    """A kind of file: libav's name of it, the codecs it holds, the usual one first, and those for other views."""

    name: str
    codecs: tuple[str, ...]
    alpha: str | None = None
    foreground: str | None = None
    options: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    carries: bool = True


_INDEX_FIRST = MappingProxyType({"movflags": "+faststart"})
"""So that a browser plays the file while it comes."""

CONTAINERS: Mapping[str, _Container] = MappingProxyType(
    {
        ".mkv": _Container("matroska", ("H264", "VP8", "VP9", "FFV1", "PRORES"), alpha="FFV1", foreground="FFV1"),
        ".mp4": _Container("mp4", ("H264", "VP9"), options=_INDEX_FIRST),
        ".m4v": _Container("mp4", ("H264",), options=_INDEX_FIRST),
        ".mov": _Container("mov", ("H264", "PRORES"), foreground="PRORES", options=_INDEX_FIRST),
        ".webm": _Container("webm", ("VP8", "VP9"), foreground="VP9"),
        ".ts": _Container("mpegts", ("H264",)),
        ".y4m": _Container("yuv4mpegpipe", ("Y4M",), carries=False),
        ".png": _Container("image2", ("PNG",), foreground="PNG", carries=False),
        ".jpg": _Container("image2", ("JPEG",), carries=False),
        ".jpeg": _Container("image2", ("JPEG",), carries=False),
    }
)
"""By extension."""

PIPED = (".mkv", ".webm", ".ts", ".y4m")
"""What can be written without going back."""

_HOLD_ALPHA = ("FFV1", "PRORES", "VP9", "PNG")


def output_format(output: Path, view: View, coding: Coding, *, like_y4m: bool = False) -> OutputFormat:
    """What to write to `output`, a file, a numbered sequence or `-`. `like_y4m`: as `-` if nothing says what it is.

    Raises:
        ArgumentError: an extension we do not write, or a codec that it does not hold, or words it has no use for.
    """
    suffix = _suffix(output, coding, like_y4m=like_y4m)
    container = CONTAINERS[suffix]
    codec = coding.codec or {"alpha": container.alpha, "foreground": container.foreground}.get(view)
    codec = codec or container.codecs[0]
    if codec not in container.codecs:
        held = either([name.lower() for name in container.codecs])
        raise ArgumentError(f"--codec {codec.lower()}: {output.suffix or suffix} holds {held}")
    with_alpha = view == "foreground" and codec in _HOLD_ALPHA and (codec, suffix) != ("VP9", ".mp4")
    return OutputFormat(
        container=container.name,
        encoding=_ENCODINGS[codec](coding, view, with_alpha),
        options=container.options,
        is_even=codec == "H264",
        with_alpha=with_alpha,
        carries=container.carries,
        is_timed=container.carries,
        pictures=1 if container.name == "image2" and not is_sequence(output) else None,
    )


def _suffix(output: Path, coding: Coding, *, like_y4m: bool) -> str:
    """The extension that says what to write."""
    if output == PIPE:
        suffix = f".{coding.format}" if coding.format else ".y4m" if like_y4m else ".mkv"
        if suffix not in PIPED:
            raise ArgumentError(f"--format {coding.format}: a pipe takes {either([name[1:] for name in PIPED])}")
        return suffix
    if coding.format is not None:
        raise ArgumentError(f"--format {coding.format}: only for OUTPUT -, a file is what its name says")
    suffix = output.suffix.lower()
    if suffix not in CONTAINERS:
        raise ArgumentError(f"OUTPUT {str(output)!r}: expected a name ending in {', '.join(CONTAINERS)}")
    return suffix


def _h264(coding: Coding, view: View, with_alpha: bool) -> Encoding:
    options = {"preset": coding.preset, **_quality(coding, 0, 51)}
    if coding.profile is not None:
        options["profile"] = coding.profile
    return Encoding(encoder="libx264", options=options, bit_rate=coding.bitrate, gop=coding.gop, threads=coding.threads)


def _vp8(coding: Coding, view: View, with_alpha: bool) -> Encoding:
    _refuse(coding, "profile", reason="H264 has one, VP8 has none")
    options = {"deadline": "good", "cpu-used": str(_VPX_SPEED[coding.preset]), **_quality(coding, 4, 63)}
    bit_rate = coding.bitrate or VPX_CEILING
    return Encoding(encoder="libvpx", options=options, bit_rate=bit_rate, gop=coding.gop, threads=coding.threads)


def _vp9(coding: Coding, view: View, with_alpha: bool) -> Encoding:
    _refuse(coding, "profile", reason="H264 has one; VP9's follows from the pictures")
    speed = {"deadline": "good", "cpu-used": str(_VPX_SPEED[coding.preset]), "row-mt": "1"}
    alpha = {"auto-alt-ref": "0"} if with_alpha else {}  # libvpx knows no frames that are not shown beside an alpha
    return Encoding(
        encoder="libvpx-vp9",
        options=speed | alpha | _quality(coding, 0, 63),
        pixel_format="yuva420p" if with_alpha else "yuv420p",
        bit_rate=coding.bitrate,
        gop=coding.gop,
        threads=coding.threads,
    )


def _ffv1(coding: Coding, view: View, with_alpha: bool) -> Encoding:
    _refuse(coding, "crf", "bitrate", "profile", reason="FFV1 is lossless; --codec h264 or vp8 is not")
    pixel_format = "gray" if view == "alpha" else "yuva420p" if with_alpha else "yuv420p"
    options = {"level": "3", "slicecrc": "1"}
    return Encoding(encoder="ffv1", options=options, pixel_format=pixel_format, threads=coding.threads)


def _prores(coding: Coding, view: View, with_alpha: bool) -> Encoding:
    _refuse(coding, "crf", "bitrate", "profile", "gop", reason="ProRes has one quality for each kind of picture")
    profile, pixel_format = ("4444", "yuva444p10le") if with_alpha else ("hq", "yuv422p10le")
    options = {"profile": profile, "vendor": "apl0"} | ({"alpha_bits": "8"} if with_alpha else {})
    return Encoding(encoder="prores_ks", options=options, pixel_format=pixel_format, threads=coding.threads)


def _y4m(coding: Coding, view: View, with_alpha: bool) -> Encoding:
    _refuse(coding, "crf", "bitrate", "profile", "gop", reason="YUV4MPEG2 is not coded")
    return Encoding(encoder="wrapped_avframe", pixel_format="gray" if view == "alpha" else "yuv420p")


def _png(coding: Coding, view: View, with_alpha: bool) -> Encoding:
    _refuse(coding, "crf", "bitrate", "profile", "gop", reason="PNG is lossless, each picture by itself")
    pixel_format = "gray" if view == "alpha" else "rgba" if with_alpha else "rgb24"
    return Encoding(encoder="png", pixel_format=pixel_format, threads=coding.threads)


def _jpeg(coding: Coding, view: View, with_alpha: bool) -> Encoding:
    _refuse(coding, "crf", "bitrate", "profile", "gop", reason="JPEG has one quality here, 2 of 31")
    options = {"qmin": "2", "qmax": "2"}
    return Encoding(encoder="mjpeg", options=options, pixel_format="yuvj420p", threads=coding.threads)


_ENCODINGS: Mapping[str, Callable[[Coding, View, bool], Encoding]] = MappingProxyType(
    {
        "H264": _h264,
        "VP8": _vp8,
        "VP9": _vp9,
        "FFV1": _ffv1,
        "PRORES": _prores,
        "Y4M": _y4m,
        "PNG": _png,
        "JPEG": _jpeg,
    }
)

_VPX_SPEED = dict(zip(PRESETS, (5, 5, 4, 3, 3, 2, 1, 0, 0), strict=True))
"""libvpx's cpu-used, with the deadline `good`, by x264's names for as much patience."""


def _refuse(coding: Coding, *names: str, reason: str) -> None:
    """Refuse what plays no part in the output's codec."""
    for name in names:
        if getattr(coding, name) is not None:
            raise ArgumentError(f"--{name} {getattr(coding, name)}: {reason}")


def _quality(coding: Coding, low: int, high: int) -> dict[str, str]:
    crf = DEFAULT_CRF if coding.crf is None else coding.crf
    if not low <= crf <= high:
        raise ArgumentError(f"--crf {crf:g}: expected {low} to {high} for this codec")
    return {} if coding.bitrate else {"crf": f"{crf:g}"}
