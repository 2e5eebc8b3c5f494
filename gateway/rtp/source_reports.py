"""What sources say of themselves by RTCP: their clock, their name, and where they hear reports.

It is kept for sources not listened to as well: ffmpeg sends its first sender report before its first packet, and the
next one five seconds later.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

from gateway.rtp.core import Address
from gateway.rtp.rtcp import RtcpPacket, SenderReport, SourceDescription

MAX_SOURCES: Final = 16
"""Whose word is kept. The one listened to and one that waits are two; more is somebody inventing SSRCs."""

SourceKey = tuple[int, str]
"""SSRC and host. RTCP comes from the source's host, whatever its port."""


@dataclass(frozen=True, slots=True)
class SourceReport:
    """The last word of one source: `sender_report`, when it came (`received`, seconds), and from where."""

    address: Address
    cname: str = ""
    sender_report: SenderReport | None = None
    received: float = 0.0


class SourceReports:
    """Remembers the last word of the sources heard last, and of the one listened to."""

    def __init__(self) -> None:
        self._reports: dict[SourceKey, SourceReport] = {}

    def get(self, key: SourceKey) -> SourceReport | None:
        """What this source said."""
        return self._reports.get(key)

    def take(self, packets: Sequence[RtcpPacket], address: Address, now: float, *, keep: SourceKey | None) -> None:
        """Remember what a compound from `address` says. `keep`: the source that is never forgotten for another."""
        for packet in packets:
            if isinstance(packet, SenderReport):
                report = self._place((packet.ssrc, address[0]), address, keep)
                self._reports[packet.ssrc, address[0]] = replace(report, sender_report=packet, received=now)
        for packet in packets:
            if isinstance(packet, SourceDescription):
                self._name(packet, address)

    def _name(self, description: SourceDescription, address: Address) -> None:
        """Note the names of those that report; one that only has a name is no sender."""
        for ssrc, cname in description.cnames.items():
            report = self._reports.get((ssrc, address[0]))
            if report is not None:
                self._reports[ssrc, address[0]] = replace(report, cname=cname)

    def _place(self, key: SourceKey, address: Address, keep: SourceKey | None) -> SourceReport:
        """Its entry so far, taken out so that it goes back as the latest; the oldest makes room."""
        report = self._reports.pop(key, None)
        if report is not None:
            return replace(report, address=address)
        if len(self._reports) >= MAX_SOURCES:
            del self._reports[next(other for other in self._reports if other != keep)]
        return SourceReport(address)
