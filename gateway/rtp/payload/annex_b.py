"""Annex B byte streams: NAL units between start codes (ITU-T H.264 Annex B)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

START_CODE = b"\0\0\0\1"


def nal_units(data: bytes) -> Iterator[bytes]:
    """The NAL units behind 3- or 4-byte start codes, without the zeros that may trail them."""
    start = data.find(b"\0\0\1")
    while start >= 0:
        start += 3
        end = data.find(b"\0\0\1", start)
        unit = data[start : end if end >= 0 else len(data)].rstrip(b"\0")
        if unit:
            yield unit
        start = end


def byte_stream(units: Iterable[bytes]) -> bytes:
    """The units, each behind a 4-byte start code."""
    return b"".join(START_CODE + unit for unit in units)
