"""What is made of which file."""

from __future__ import annotations

from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path

from gateway.codec.encoder import EncoderSettings
from gateway.codec.formats import Coding
from gateway.geometry import Geometry
from gateway.rtp.url import RtpUrl
from transforms.effect import Effect


@dataclass(frozen=True, slots=True, kw_only=True)
class ConversionSettings:
    """What becomes of a file's pictures. `source`: `-` is standard input.

    `frame_rate`: at most so many pictures a second; how many a numbered sequence has. `geometry`: what is done to each
    before it is matted. `threads`: 0 is one per core; with 1 all of it runs in the caller's thread, but for the
    reading of a pipe. The matte is the same for any number.
    """

    source: Path
    effect: Effect
    frame_rate: Fraction | None = None
    geometry: Geometry = field(default_factory=Geometry)
    threads: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class FileSettings(ConversionSettings):
    """A file into a file. `output`: `-` is standard output."""

    output: Path
    coding: Coding = field(default_factory=Coding)


@dataclass(frozen=True, slots=True, kw_only=True)
class SendingSettings(ConversionSettings):
    """A file into RTP, in real time. `encoder`: of its fields `max_payload` and `frame_rate` follow from the rest."""

    destination: RtpUrl
    payload_type: int
    encoder: EncoderSettings
