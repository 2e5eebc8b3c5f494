"""The errors a caller can be told about, each a sentence that holds the offending value."""

from __future__ import annotations


class GatewayError(Exception):
    """Something the caller can mend.

    `exit_status` is the command line's: 2 for a wrong argument, 1 for a failure at run time.
    """

    exit_status = 1


class ArgumentError(GatewayError):
    """A wrong argument: the sentence names the argument, the value and what would be right."""

    exit_status = 2


class SdpError(ArgumentError):
    """An SDP that cannot be used; names the line (counted from 1) where there is one."""
