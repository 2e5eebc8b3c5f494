"""`changebg keycolor`: the colour of the screen in a picture or a video, as JSON."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from gateway.cli.matting import AUTO, parse_color
from gateway.cli.parser import Usage, Words
from gateway.errors import GatewayError
from gateway.options.values import at_home

if TYPE_CHECKING:
    from transforms.picture import Picture

USAGE = Usage(
    command="keycolor",
    summary="the colour of the screen in a picture or a video, as JSON",
    arguments=(
        ("INPUT", "an image, or a video file of any format that libav reads, of which the beginning is looked at"),
    ),
    examples="""\
examples:
  changebg keycolor call.mp4
  changebg keycolor frame.png --color 00b140                          sought near that colour only
  changebg call.sdp beach.jpg "$(changebg keycolor frame.png | jq -r .color)" rtp://192.0.2.7:10020 96

Prints one line: color (rrggbb, or null where nothing was found), similarity (what ffmpeg's chromakey would need),
confidence (0-1), accepted (whether a call would key it) and reasons (what speaks against it, worst first). It is an
answer too that there is no screen: the exit status is 0.""",
)


def run(words: Words) -> int:
    """Look and tell; returns the exit status."""
    settings = words.settings
    typed = None if settings.color in (None, "-", "auto") else settings.color
    seed = parse_color(typed, "--color", otherwise=AUTO) if typed is not None else None
    path = at_home(words.arguments["INPUT"])

    from transforms import catalog

    found = catalog.key_color(_pictures(path, settings.matrix), seed=seed)
    if found is None:
        raise GatewayError(f"INPUT {str(path)!r}: not one picture could be decoded")
    answer = {
        "color": None if found.line is None else str(found.color),
        "similarity": round(found.similarity, 4),
        "confidence": round(found.confidence, 3),
        "accepted": found.accepted,
        "reasons": list(found.reasons),
    }
    print(json.dumps(answer))
    return 0


def _pictures(path: Path, matrix: str | None) -> Iterator[Picture]:
    from gateway.codec.planar import picture_of
    from gateway.codec.reader import VideoReader
    from transforms.picture import Matrix

    assumed = Matrix(matrix) if matrix else None
    with VideoReader(path, expected="an image or a video file") as reader:
        yield from (picture_of(frame, assumed=assumed) for frame in reader)
