"""SessionDescription to text: the field order of RFC 8866 §5, CRLF, and nothing that is not in the value."""

from __future__ import annotations

from collections.abc import Iterator

from gateway.rtp.sdp.description import MediaDescription, SessionDescription
from gateway.rtp.sdp.fields import Connection


def write(session: SessionDescription) -> str:
    """The text of a description; `parse` reads an equal value from it.

    Raises:
        ValueError: a field holds a line break, which would smuggle in lines of its own.
    """
    lines = list(_session_lines(session))
    for line in lines:
        if "\r" in line or "\n" in line or "\0" in line:
            raise ValueError(f"an SDP field holds a line break: {line[:60]!r}")
    return "".join(f"{line}\r\n" for line in lines)


def _session_lines(session: SessionDescription) -> Iterator[str]:
    yield "v=0"
    yield f"o={session.origin}"
    yield f"s={session.name}"
    if session.connection:
        yield f"c={session.connection}"
    yield from (f"b={bandwidth}" for bandwidth in session.bandwidths)
    yield "t=0 0"
    yield from (f"a={attribute}" for attribute in session.attributes)
    for medium in session.media:
        yield from _media_lines(medium, session.connection)


def _media_lines(medium: MediaDescription, inherited: Connection | None) -> Iterator[str]:
    count = f"/{medium.port_count}" if medium.port_count > 1 else ""
    yield " ".join((f"m={medium.kind}", f"{medium.port}{count}", medium.protocol, *medium.formats))
    if medium.connection and medium.connection != inherited:
        yield f"c={medium.connection}"
    yield from (f"b={bandwidth}" for bandwidth in medium.bandwidths)
    yield from (f"a={attribute}" for attribute in medium.attributes)
    yield f"a={medium.direction}"
