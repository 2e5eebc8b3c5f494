"""What is known of a transport, in the names of W3C webrtc-stats."""

from __future__ import annotations

from collections.abc import Mapping

from gateway.rtp.sdp.ice import IceCandidate
from gateway.webrtc.transport import Transport


def describe(transport: Transport) -> tuple[Mapping[str, object], ...]:
    """`transport` first; then, once there is a pair that carries media, it and its two candidates."""
    counts = transport.counts
    traffic: dict[str, object] = {
        "packetsSent": counts.packets_sent,
        "bytesSent": counts.bytes_sent,
        "packetsReceived": counts.packets_received,
        "bytesReceived": counts.bytes_received,
    }
    whole: dict[str, object] = {"id": "T", "type": "transport", "dtlsState": transport.dtls_state, **traffic}
    pair = transport.selected_pair
    if pair is None:
        return (whole,)
    local, remote = pair
    selected: dict[str, object] = {
        "id": "CP",
        "type": "candidate-pair",
        "transportId": "T",
        "localCandidateId": "L",
        "remoteCandidateId": "R",
        "state": "succeeded",
        "nominated": True,
        **traffic,
    }
    if transport.round_trip_time is not None:
        selected["currentRoundTripTime"] = transport.round_trip_time
    return (
        {**whole, "selectedCandidatePairId": "CP"},
        selected,
        _candidate("L", "local-candidate", local),
        _candidate("R", "remote-candidate", remote),
    )


def _candidate(name: str, kind: str, candidate: IceCandidate) -> Mapping[str, object]:
    return {
        "id": name,
        "type": kind,
        "transportId": "T",
        "address": candidate.address,
        "port": candidate.port,
        "protocol": candidate.transport,
        "candidateType": candidate.kind,
        "priority": candidate.priority,
    }
