from __future__ import annotations

import pytest

from gateway.errors import ArgumentError
from gateway.rtp.url import RtpUrl, parse_rtp_url


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("rtp://127.0.0.1:5004", RtpUrl("127.0.0.1", 5004, 5005)),
        ("rtp://[2001:db8::1]:5004/", RtpUrl("2001:db8::1", 5004, 5005)),
        ("rtp://[fe80::1%25eth0]:5004", RtpUrl("fe80::1%eth0", 5004, 5005)),
        ("RTP://media.Example.com:40000", RtpUrl("media.example.com", 40000, 40001)),
        ("rtp://239.1.2.3:5004?ttl=16", RtpUrl("239.1.2.3", 5004, 5005, ttl=16)),
        ("rtp://h:5004?rtcpport=6000&pkt_size=1316", RtpUrl("h", 5004, 6000, packet_size=1316)),
        ("rtp://h:65535?rtcpport=65535", RtpUrl("h", 65535, 65535)),
        (
            "rtp://h:5004?localrtpport=7000&localrtcpport=7005",
            RtpUrl("h", 5004, 5005, local_port=7000, local_rtcp_port=7005),
        ),
        ("rtp://h:5004?localport=7000", RtpUrl("h", 5004, 5005, local_port=7000)),
    ],
)
def test_ffmpegs_urls_are_read(text: str, expected: RtpUrl) -> None:
    assert parse_rtp_url(text) == expected


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "not an RTP URL"),
        ("127.0.0.1:5004", "not an RTP URL"),
        ("udp://127.0.0.1:5004", "not an RTP URL"),
        ("rtp://127.0.0.1", "not an RTP URL"),
        ("rtp://:5004", "not an RTP URL"),
        ("rtp://h:0", "not an RTP URL"),
        ("rtp://h:70000", "not an RTP URL"),
        ("rtp://h:five", "not an RTP URL"),
        ("rtp://h:5004/path", "not an RTP URL"),
        ("rtp://user@h:5004", "not an RTP URL"),
        ("rtp://[::1:5004", "not an RTP URL"),
        ("rtp://h:65535", "no port above 65535"),
        ("rtp://h:5004?ttl=256", "ttl=256: a number from 0 to 255"),
        ("rtp://h:5004?ttl=", "ttl=: a number"),
        ("rtp://h:5004?pkt_size=20", "pkt_size=20: a number from 128 to 65507"),
        ("rtp://h:5004?pkt_size=-1", "pkt_size=-1"),
        ("rtp://h:5004?pkt_size=9999999999999", "pkt_size=9999999999999"),
        ("rtp://h:5004?rtcpport=²", "rtcpport=²"),
        ("rtp://h:5004?colour=red", "unknown option 'colour'"),
    ],
)
def test_anything_else_is_refused_with_the_reason(text: str, reason: str) -> None:
    with pytest.raises(ArgumentError) as refusal:
        parse_rtp_url(text)
    assert reason in str(refusal.value)
    assert repr(text) in str(refusal.value)
