"""Text to SessionDescription, tolerant of what devices really write (RFC 8866, and the ways it is broken).

Any line end, blank lines, indentation, a BOM, trailing NULs, lines that are not SDP (ffmpeg prints `SDP:` first),
missing v=, o=, s= and t= lines: all read. Refused, with the number of the line, is only what would make us listen in
the wrong place or read the wrong codec: a broken m= or c=, and in an RTP medium that is not rejected a broken rtpmap,
fmtp or rtcp.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from typing import TypeVar

from gateway.errors import SdpError
from gateway.rtp.sdp.description import DIRECTIONS, Direction, MediaDescription, SessionDescription
from gateway.rtp.sdp.fields import Attribute, Bandwidth, Connection, Origin, RtcpAddress, number
from gateway.rtp.sdp.rtpmap import RtpMap

MAX_SIZE = 64 * 1024
"""Bytes. A browser's offer for 20 participants is about 40 kB; anything larger is not a call's description."""

MAX_LINES = 4000
"""Lines, blank ones included: twice what 64 KiB of ordinary lines come to."""

_SHOWN = 60
"""Characters of a line that an error repeats."""

_T = TypeVar("_T")

_Line = tuple[int, str, str]
"""Line number from 1, type letter, value."""


def parse(text: str | bytes, *, max_size: int = MAX_SIZE) -> SessionDescription:
    """Read a session description; of several in one text, the first.

    Raises:
        SdpError: not SDP, too large, or a broken line that matters (named by its number).
    """
    lines = list(_lines(_decoded(text, max_size)))
    if not any(letter in "vosm" for _, letter, _ in lines):
        raise SdpError(f"this is not SDP: it has no line such as v=0 or m=video; it begins {_beginning(text)}")
    return _session(lines)


def _decoded(text: str | bytes, max_size: int) -> str:
    """Outer shape only: size, encoding, and one sentence for what is plainly something else."""
    if len(text) > max_size:
        raise SdpError(f"the SDP is larger than {max_size} bytes")
    decoded = text.decode("utf-8", errors="replace") if isinstance(text, bytes) else text
    decoded = decoded.removeprefix("\ufeff").strip("\0 \t\r\n")
    if not decoded:
        raise SdpError("the SDP is empty")
    if "\0" in decoded:
        raise SdpError("this is not SDP: it is binary data")
    if decoded.startswith("<"):
        raise SdpError(f"this is not SDP: it looks like HTML or XML; it begins {_shown(decoded)}")
    return decoded


def _beginning(text: str | bytes) -> str:
    start = text[:_SHOWN]
    return _shown(start.decode("utf-8", errors="replace") if isinstance(start, bytes) else start)


def _shown(line: str) -> str:
    first = line.strip().splitlines()[0] if line.strip() else ""
    return repr(first if len(first) <= _SHOWN else first[:_SHOWN] + "…")


def _lines(text: str) -> Iterator[_Line]:
    """The lines of the form `x=value`, up to a second v= line; everything else is passed over."""
    texts = re.split(r"\r*\n|\r", text)
    if len(texts) > MAX_LINES:
        raise SdpError(f"the SDP has {len(texts)} lines; at most {MAX_LINES} are read")
    seen_version = False
    for index, raw in enumerate(texts, start=1):
        line = raw.strip("\0 \t")
        if not re.match("[a-z]=", line):
            continue
        if line[0] == "v" and seen_version:
            return
        seen_version = seen_version or line[0] == "v"
        yield index, line[0], line[2:].strip()


def _session(lines: list[_Line]) -> SessionDescription:
    """The session's own lines, then a medium from each m= on."""
    starts = [index for index, (_, letter, _) in enumerate(lines) if letter == "m"]
    head = lines[: starts[0]] if starts else lines
    attributes = tuple(_attributes(head))
    session = SessionDescription(
        origin=next((Origin.parse(value) for _, letter, value in head if letter == "o"), Origin()),
        name=next((value for _, letter, value in head if letter == "s" and value), "-"),
        connection=_connection(head),
        bandwidths=tuple(_bandwidths(head)),
        attributes=attributes,
    )
    direction = _direction(attributes) or "sendrecv"
    ends = [*starts[1:], len(lines)]
    sections = (lines[start:end] for start, end in zip(starts, ends, strict=False))
    return replace(session, media=tuple(_medium(section, session.connection, direction) for section in sections))


def _medium(section: list[_Line], connection: Connection | None, direction: Direction) -> MediaDescription:
    first, *rest = section
    medium = _checked(_media_line, first)
    attributes = tuple(_attributes(rest))
    medium = replace(
        medium,
        connection=_connection(rest) or connection,
        bandwidths=tuple(_bandwidths(rest)),
        direction=_direction(attributes) or direction,
        attributes=tuple(attribute for attribute in attributes if attribute.name not in DIRECTIONS),
        line=first[0],
    )
    if medium.is_rtp and not medium.is_rejected:
        _check_rtp(medium, rest)
    return medium


def _media_line(value: str) -> MediaDescription:
    """Read `video 49170/2 RTP/AVP 31 96`.

    Raises:
        ValueError: the reason.
    """
    parts = value.split()
    if len(parts) < 3:
        raise ValueError("expected 'KIND PORT PROTOCOL FORMATS' such as 'video 5004 RTP/AVP 96'")
    port, slash, count = parts[1].partition("/")
    port_count = number(count, "port count", maximum=32767) if slash else 1
    if port_count == 0:
        raise ValueError("the port count is 0")
    return MediaDescription(
        kind=parts[0].lower(),
        port=number(port, "port", maximum=65535),
        protocol=parts[2],
        formats=tuple(parts[3:]),
        port_count=port_count,
    )


def _check_rtp(medium: MediaDescription, section: Iterable[_Line]) -> None:
    """Refuse what would make us read the wrong codec or lose its RTCP."""
    if not medium.formats or len(medium.payload_types) != len(set(medium.formats)):
        formats = " ".join(medium.formats)
        raise SdpError(
            f"line {medium.line}: the payload types {_shown(formats)} of m={medium.kind} are not numbers 0 to 127"
        )
    for line in section:
        name, _, value = line[2].partition(":")
        if line[1] == "a" and name.strip() in _CHECKED:
            _checked(_CHECKED[name.strip()], line, value)


def _fmtp_target(value: str) -> None:
    number(value.strip().partition(" ")[0], "payload type", maximum=127)


_CHECKED: dict[str, Callable[[str], object]] = {
    "rtpmap": RtpMap.parse,
    "fmtp": _fmtp_target,
    "rtcp": RtcpAddress.parse,
}


def _checked(read: Callable[[str], _T], line: _Line, value: str | None = None) -> _T:
    """`read` with its ValueError turned into an SdpError that names the line."""
    index, letter, whole = line
    try:
        return read(whole if value is None else value)
    except ValueError as error:
        raise SdpError(f"line {index}: {_shown(f'{letter}={whole}')}: {error}") from error


def _connection(section: Iterable[_Line]) -> Connection | None:
    found = (_checked(Connection.parse, line) for line in section if line[1] == "c")
    return next((connection for connection in found if connection), None)


def _bandwidths(section: Iterable[_Line]) -> Iterator[Bandwidth]:
    """An unreadable limit is no limit."""
    for _, letter, value in section:
        if letter == "b":
            try:
                yield Bandwidth.parse(value)
            except ValueError:
                continue


def _attributes(section: Iterable[_Line]) -> Iterator[Attribute]:
    for _, letter, value in section:
        if letter == "a" and value.partition(":")[0].strip():
            yield Attribute.parse(value)


def _direction(attributes: Iterable[Attribute]) -> Direction | None:
    """The last one, should a device have written two."""
    found = [direction for attribute in attributes for direction in DIRECTIONS if attribute.name == direction]
    return found[-1] if found else None
