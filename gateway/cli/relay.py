"""`changebg relay`, and the five-parameter form: a call's video in by its SDP, out as RTP."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

from gateway.cli.parser import Usage, Words
from gateway.configuration import shortened
from gateway.errors import ArgumentError, SdpError

if TYPE_CHECKING:
    from gateway.rtp.sdp import SessionDescription

USAGE = Usage(
    command="relay",
    summary="a call's video in by its SDP, out as RTP",
    arguments=(
        ("SDP", "the SDP file that describes the input, or - for standard input"),
        ("BACKGROUND", "an image file, or color:RRGGBB"),
        ("COLOR", "the screen's colour: 2a6a84, 0x2a6a84 or #2a6a84; - for none, with --matting none"),
        ("RTP_URL", "rtp://HOST:PORT, [IPv6] too; ?ttl= &rtcpport= &localrtpport= &pkt_size= as in ffmpeg"),
        ("PAYLOAD_TYPE", "of the RTP that is sent, 0-127: 96 is usual"),
    ),
    examples="""\
examples:
  changebg call.sdp beach.jpg 2a6a84 rtp://192.0.2.7:10020 96
  changebg call.sdp beach.jpg 2a6a84 rtp://192.0.2.7:10020 96 --keyer ffmpeg --similarity 0.1 --preset ultrafast
  changebg call.sdp color:202020 00b140 'rtp://239.1.2.3:5004?ttl=4' 96 --audio-url rtp://239.1.2.3:5006
  changebg - beach.jpg 2a6a84 'rtp://[2001:db8::7]:5004' 96 --remote-sdp far-end.sdp < call.sdp

Prints the SDP of what it sends on stdout; events go to stderr. Ends on Ctrl-C, SIGTERM or --idle-timeout, never on BYE
or silence, with one line of summary.""",
)


def read_session(typed: str, name: str) -> SessionDescription:
    """The session description in the file `typed`, `-` being standard input. `name`: what the user calls the argument.

    Raises:
        ArgumentError: it cannot be read.
        SdpError: it is none.
    """
    from gateway.rtp import sdp

    try:
        if typed == "-":
            content = sys.stdin.buffer.read(sdp.MAX_SIZE + 1)
        else:
            with Path(typed).expanduser().open("rb") as file:
                content = file.read(sdp.MAX_SIZE + 1)
    except OSError as error:
        raise ArgumentError(f"{name} {shortened(typed)}: {error.strerror}, expected an SDP file, or -") from error
    try:
        return sdp.parse(content)
    except SdpError as error:
        raise SdpError(f"{name} {shortened(typed)}: {error}") from error


def check_payload_type(number: int, codec: str, *, rtcp_mux: bool, name: str = "PAYLOAD_TYPE") -> None:
    """Refuse a number that a far end would take for something else.

    Raises:
        ArgumentError: RFC 3551 gives it to another codec, or RFC 5761 §4 keeps it free for RTCP on the same port.
    """
    from gateway.rtp.sdp import STATIC_PAYLOAD_TYPES

    owner = STATIC_PAYLOAD_TYPES.get(number)
    if owner is not None and owner.codec != codec:
        raise ArgumentError(f"{name} {number}: is {owner.codec} by RFC 3551, expected 96 to 127 for {codec}")
    if rtcp_mux and 64 <= number <= 95:
        raise ArgumentError(f"{name} {number}: looks like RTCP on a port shared with it (rtcp-mux), expected 96 to 127")


def run(words: Words) -> int:
    """Relay until told to stop; returns the exit status."""
    raise NotImplementedError
