"""What a person may name as an input: a media file, a numbered sequence of pictures, or `-`, a pipe.

Only what is named is read. Formats that consist of the names of others, playlists and stream descriptions, are not
opened: a file handed over by a stranger could name any other of this machine.
"""

from __future__ import annotations

import errno
import os
import re
import sys
from fractions import Fraction
from pathlib import Path

import av
from av.container import InputContainer
from av.error import FFmpegError

from gateway.codec.pipe import PIPE_BUFFER, Pipe
from gateway.errors import ArgumentError

PIPE = Path("-")
"""Standard input or output."""

SEQUENCE_RATE = Fraction(25)
"""Pictures per second of a sequence where nobody says, as ffmpeg takes them."""

_NUMBER = re.compile(r"(?<!%)%(?:0\d{1,2})?d")
"""Where the number goes in the names of a sequence: `%d`, `%04d`."""

_REFERRING = frozenset({"concat", "dash", "hls", "imf", "rtp", "rtsp", "sap", "sdp", "webm_dash_manifest"})
_DEVICES = frozenset({"alsa", "fbdev", "kmsgrab", "lavfi", "video4linux2,v4l2", "vobsub", "x11grab"})


def is_sequence(path: Path) -> bool:
    """Whether the name stands for many files, and none is called so itself."""
    return _NUMBER.search(path.name) is not None and not path.exists()


def sequence_name(path: Path) -> str:
    """The sequence as libav's image2 wants it: what looks like a number in a folder's name is none."""
    return f"file:{str(path.parent).replace('%', '%%')}{os.sep}{path.name}"


def numbered(pattern: Path) -> re.Pattern[str]:
    """What the names of a sequence's files look like."""
    before, after = (re.escape(part.replace("%%", "%")) for part in _NUMBER.split(pattern.name, maxsplit=1))
    return re.compile(rf"{before}\d+{after}")


def check_input(path: Path, *, expected: str = "a video file") -> None:
    """Refuse what is plainly nothing to read.

    Raises:
        ArgumentError: which, and why.
    """
    if path == PIPE:
        if sys.stdin.isatty():
            raise ArgumentError("INPUT -: standard input is a terminal, expected a pipe")
    elif is_sequence(path):
        if not path.parent.is_dir():
            raise ArgumentError(f"INPUT {str(path)!r}: there is no directory {str(path.parent)!r}")
    elif not path.is_file() and not path.is_fifo():
        what = "is a directory" if path.is_dir() else "is not a file" if path.exists() else "no such file"
        raise ArgumentError(f"INPUT {str(path)!r}: {what}, expected {expected}")


def open_input(path: Path, *, expected: str, frame_rate: Fraction | None = None) -> tuple[InputContainer, Pipe | None]:
    """The opened container, and the pipe it comes through if it does. `frame_rate`: of a numbered sequence.

    Raises:
        ArgumentError: there is nothing that can be read.
    """
    options = {"protocol_whitelist": "file", "format_whitelist": _formats()}
    pipe = None
    try:
        if path == PIPE:
            pipe = Pipe(sys.stdin.fileno(), "INPUT -")
            return av.open(pipe, "r", options=options, buffer_size=PIPE_BUFFER, metadata_errors="replace"), pipe
        if is_sequence(path):
            options |= {"format_whitelist": "image2", "framerate": str(frame_rate or SEQUENCE_RATE)}
            return av.open(sequence_name(path), "r", format="image2", options=options), None
        options["pattern_type"] = "none"  # an image of that very name
        return av.open(f"file:{path}", "r", options=options, metadata_errors="replace"), None
    except (FFmpegError, OSError) as error:
        if pipe is not None:
            pipe.close()
        raise ArgumentError(f"INPUT {str(path)!r}: {_refusal(error, path)}, expected {expected}") from error


def _formats() -> str:
    """The names of the formats that are one file each, as libav wants a list."""
    return ",".join(sorted(av.formats_available - _REFERRING - _DEVICES))


def _refusal(error: OSError | FFmpegError, path: Path) -> str:
    if getattr(error, "errno", None) == errno.EINVAL and path != PIPE:
        return "names other files or streams"  # what the list of formats leaves out is answered so
    if is_sequence(path):
        return f"there are no pictures of that name in {str(path.parent)!r}, numbered from 0 to 4 on"
    return reason(error)


def reason(error: BaseException) -> str:
    """What went wrong, without libav's number and path."""
    return getattr(error, "strerror", None) or str(error)
