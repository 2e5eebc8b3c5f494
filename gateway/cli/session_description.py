"""SDP from a file or standard input."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from gateway.errors import ArgumentError, SdpError
from gateway.options.configuration import shortened
from gateway.options.values import at_home

if TYPE_CHECKING:
    from gateway.rtp.sdp import SessionDescription


def read_session(typed: str, name: str) -> SessionDescription:
    """The session description in the file `typed`, `-` being standard input. `name`: what the user calls the argument.

    Raises:
        ArgumentError: it cannot be read.
        SdpError: it is none.
    """
    from gateway.rtp import sdp

    try:
        content = _content(typed, sdp.MAX_SIZE + 1)
    except OSError as error:
        reason = error.strerror or error
        raise ArgumentError(f"{name} {shortened(typed)}: {reason}, expected an SDP file, or - for stdin") from error
    with naming(typed, name):
        return sdp.parse(content)


@contextmanager
def naming(typed: str, name: str) -> Iterator[None]:
    """What is wrong with a description within the block is said to be wrong with the file `typed`."""
    try:
        yield
    except SdpError as error:
        raise SdpError(f"{name} {shortened(typed)}: {error}") from error


def _content(typed: str, limit: int) -> bytes:
    """At most `limit` bytes: enough to see that there are too many."""
    if typed == "-":
        return sys.stdin.buffer.read(limit)
    with at_home(typed).open("rb") as file:
        return file.read(limit)
