from __future__ import annotations

import random

from gateway.rtp.core import AccessUnit, FrameLeft
from gateway.rtp.duplex import Duplex
from gateway.rtp.receiver import ReceiverSettings, RtpReceiver
from gateway.rtp.sender import RtpSender, SenderSettings
from tests.frames import coded

ONE, OTHER = ("192.0.2.1", 5000), ("192.0.2.2", 6000)


def end(far_end: tuple[str, int], seed: int) -> tuple[Duplex, RtpReceiver, RtpSender]:
    chance = random.Random(seed)
    receiver = RtpReceiver(ReceiverSettings({96: "H264"}, cname="me", rtcp_mux=True), now=0.0, random=chance)
    settings = SenderSettings(far_end, far_end, payload_type=96, codec="H264", cname="me", rtcp_mux=True, pli=True)
    sender = RtpSender(settings, now=0.0, random=chance)
    return Duplex(receiver, sender), receiver, sender


def test_both_ends_send_and_receive_and_each_report_finds_its_core() -> None:
    (one, receiver, sender), (other, heard, _) = end(OTHER, 1), end(ONE, 2)
    units = coded("H264", 4)
    now, got = 0.0, []
    for unit in units:
        sender.send(unit, now)
        for _ in range(40):
            now += 0.25
            for core, far_end, source in ((one, other, ONE), (other, one, OTHER)):
                core.handle_timeout(now)
                for datagram in core.datagrams_to_send(now):
                    far_end.receive_datagram(datagram.data, source, now, is_rtcp=datagram.is_rtcp)
        events = []
        while (event := one.next_event()) is not None:
            events.append(event)
        assert FrameLeft(unit.timestamp) in events
        while (event := other.next_event()) is not None:
            got += [event] if isinstance(event, AccessUnit) else []
    assert [unit.timestamp - got[0].timestamp for unit in got] == [0, 3000, 6000, 9000]
    assert heard.stats.packets > 0
    assert sender.stats.rtcp > 0  # the other end's receiver reports
    assert sender.stats.round_trip_time is not None
    assert receiver.stats.packets == 0
    assert one.next_timeout() is not None
