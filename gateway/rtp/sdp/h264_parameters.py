"""The format parameters of H264 (RFC 6184 §8.1): profile and level, packetization-mode, parameter sets."""

from __future__ import annotations

import binascii
import re
from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass

_SPS = 7
"""NAL unit type of a sequence parameter set (ITU-T H.264 table 7-1)."""


@dataclass(frozen=True, slots=True)
class H264Parameters:
    """What an H264 fmtp line says.

    `profile_level_id`: six hexadecimal digits in lower case, None where it is not said (then Baseline, level 1).
    `packetization_mode`: 0 single NAL units only, 1 also STAP-A and FU-A, 2 interleaved.
    `parameter_sets`: SPS and PPS as NAL units without start codes.
    """

    profile_level_id: str | None = None
    packetization_mode: int = 0
    parameter_sets: tuple[bytes, ...] = ()

    @classmethod
    def of(cls, fmtp: Mapping[str, str]) -> H264Parameters:
        """From `MediaDescription.fmtp`; what cannot be read counts as not said."""
        profile = fmtp.get("profile-level-id", "").lower()
        mode = fmtp.get("packetization-mode", "")
        return cls(
            profile_level_id=profile if re.fullmatch("[0-9a-f]{6}", profile) else None,
            packetization_mode=int(mode) if mode in ("1", "2") else 0,
            parameter_sets=parameter_sets(fmtp.get("sprop-parameter-sets", "")),
        )

    @classmethod
    def of_stream(cls, sets: tuple[bytes, ...], *, packetization_mode: int) -> H264Parameters:
        """For a stream of our own: profile and level are the SPS's own three bytes."""
        sps = next((nal for nal in sets if len(nal) > 3 and nal[0] & 0x1F == _SPS), None)
        return cls(sps[1:4].hex() if sps else None, packetization_mode, sets)

    def __str__(self) -> str:
        parts = [f"packetization-mode={self.packetization_mode}"]
        if self.profile_level_id:
            parts.append(f"profile-level-id={self.profile_level_id}")
        if self.parameter_sets:
            parts.append("sprop-parameter-sets=" + ",".join(b64encode(nal).decode() for nal in self.parameter_sets))
        return "; ".join(parts)


def parameter_sets(text: str) -> tuple[bytes, ...]:
    """The NAL units of `sprop-parameter-sets`; an entry that is not base64 is left out, missing padding is forgiven."""
    return tuple(nal for entry in text.split(",") if (nal := _base64(entry.strip())))


def _base64(text: str) -> bytes:
    try:
        return binascii.a2b_base64(text.rstrip("=") + "=" * (-len(text.rstrip("=")) % 4), strict_mode=True)
    except ValueError:
        return b""
