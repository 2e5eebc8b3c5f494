"""What ends a conversion and is the checkpoint's fault."""

from __future__ import annotations


class Refused(Exception):  # noqa: N818  (a state of affairs, not a fault)
    """The checkpoint cannot be converted, or will not be: one sentence."""
