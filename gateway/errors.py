"""The errors a caller can be told about, each a sentence that holds the offending value."""

from __future__ import annotations


class GatewayError(Exception):
    """Something the caller can mend.

    `exit_status` is the command line's: 2 for a wrong argument, 1 for a failure at run time. `status` is HTTP's.
    """

    exit_status = 1
    status = 500


class ArgumentError(GatewayError):
    """A wrong argument: the sentence names the argument, the value and what would be right."""

    exit_status = 2
    status = 422


class SdpError(ArgumentError):
    """An SDP that cannot be used; names the line (counted from 1) where there is one."""


class NotFound(GatewayError):  # noqa: N818  (a state of affairs, not a fault)
    """There is no such session, background, profile or connection."""

    status = 404


class Unauthorized(GatewayError):  # noqa: N818  (a state of affairs, not a fault)
    """Nobody knows who asks: a token is missing, wrong or out of date."""

    status = 401


class Forbidden(GatewayError):  # noqa: N818  (a state of affairs, not a fault)
    """Whoever asks is known, and may not."""

    status = 403


class Conflict(GatewayError):  # noqa: N818  (a state of affairs, not a fault)
    """It cannot be done as things stand; it might be later. `retry_after`: seconds until then, None where unknown."""

    status = 409

    def __init__(self, sentence: str, *, retry_after: float | None = None) -> None:
        super().__init__(sentence)
        self.retry_after = retry_after


class Busy(Conflict):
    """No room for another session."""

    status = 503


class TooManyHalfOpen(Conflict):
    """Too many sessions carry no media yet."""

    status = 429


class TooOften(Conflict):
    """One caller asks too often."""

    status = 429


class NotAcceptable(GatewayError):  # noqa: N818  (a state of affairs, not a fault)
    """None of the forms it could be answered in is one that was asked for."""

    status = 406


class PreconditionFailed(GatewayError):  # noqa: N818  (a state of affairs, not a fault)
    """It is no longer what the caller believes it to be: `If-Match` names another version."""

    status = 412


class TooLarge(GatewayError):  # noqa: N818  (a state of affairs, not a fault)
    """More bytes or pixels than are taken."""

    status = 413


class UnsupportedMedia(GatewayError):  # noqa: N818  (a state of affairs, not a fault)
    """A body of a kind that is not taken here."""

    status = 415


class PreconditionRequired(GatewayError):  # noqa: N818  (a state of affairs, not a fault)
    """`If-Match` must say which version is meant."""

    status = 428


class StoreFull(GatewayError):  # noqa: N818  (a state of affairs, not a fault)
    """There is no room for another picture or profile."""

    status = 507
