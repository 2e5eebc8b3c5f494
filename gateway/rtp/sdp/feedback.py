"""Which RTCP feedback a description allows: `a=rtcp-fb` (RFC 4585 §4.2, RFC 5104 §7.1)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Feedback:
    """The feedback messages one side understands; what is not named here is never sent."""

    nack: bool = False
    pli: bool = False
    fir: bool = False
    tmmbr: bool = False
    remb: bool = False

    @classmethod
    def everything(cls) -> Feedback:
        """Every kind we know."""
        return cls(nack=True, pli=True, fir=True, tmmbr=True, remb=True)

    @classmethod
    def of(cls, kinds: Iterable[str]) -> Feedback:
        """Read what follows the payload type, such as `nack pli` or `ccm fir`; kinds we have no use for are ignored."""
        known = {" ".join(kind.lower().split()[:2]) for kind in kinds}
        return cls(
            nack="nack" in known,
            pli="nack pli" in known,
            fir="ccm fir" in known,
            tmmbr="ccm tmmbr" in known,
            remb="goog-remb" in known,
        )

    def kinds(self) -> tuple[str, ...]:
        """The texts that `of` reads back."""
        offered = {
            "nack": self.nack,
            "nack pli": self.pli,
            "ccm fir": self.fir,
            "ccm tmmbr": self.tmmbr,
            "goog-remb": self.remb,
        }
        return tuple(kind for kind, is_offered in offered.items() if is_offered)

    def __and__(self, other: Feedback) -> Feedback:
        """What both understand."""
        theirs = other.kinds()
        return Feedback.of(kind for kind in self.kinds() if kind in theirs)

    def __bool__(self) -> bool:
        return bool(self.kinds())
