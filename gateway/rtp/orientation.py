"""Coordination of video orientation: which way up a picture is, told beside its packets (3GPP TS 26.114 §7.4.5).

A phone that is turned need not turn what it codes: it says, in a header extension of each key frame's last packet and
wherever it changes, how the picture is to be turned to stand upright. What is said holds until something else is
(RFC 7742 §4). A mirrored picture (bit F) is shown as it comes, as browsers do; the camera (bit C) is nobody's concern.
"""

from __future__ import annotations

from typing import Final

from gateway.rtp.extensions import parse_elements

ORIENTATION_URI: Final = "urn:3gpp:video-orientation"
"""In `a=extmap`."""

_QUARTERS: Final = 0b11


def rotation(extension: tuple[int, bytes] | None, number: int | None) -> int | None:
    """Degrees clockwise by which the picture of a packet is to be turned; None where it does not say.

    `number`: the identifier that was agreed on, None where none was.
    """
    if extension is None or number is None:
        return None
    element = parse_elements(extension).get(number, b"")
    return 90 * (element[0] & _QUARTERS) if len(element) == 1 else None
