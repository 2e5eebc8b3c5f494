"""A browser as a leg: our cores on its peer, as its offer and our answer agreed."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Literal

from gateway.call.leg import Hub, Leg, LegState, Role
from gateway.codec.encoder import FOLLOWING_SECONDS, EncoderSettings
from gateway.egress import SoundEgress, VideoEgress
from gateway.ingress import SoundIngress, VideoIngress
from gateway.rtp.receiver import ReceiverSettings
from gateway.rtp.sdp.browser import BrowserOffer
from gateway.rtp.sender import SenderSettings
from gateway.rtp.sound_sender import SoundSenderSettings
from gateway.serving import ServerSettings
from gateway.weakly import weakly
from gateway.webrtc.estimator import RemoteBitrate
from gateway.webrtc.peer import FAR_END, NegotiatedMedia, Peer, PeerState, Wanted

BITS_PER_PIXEL = 0.1
"""Of a composite to a browser: 0.7 Mb/s at 640x360, 30 frames a second, where more is no longer seen; the server's
whole bit rate of 2 Mb/s from 1088x612 on."""

START_BITRATE = 400_000
"""Bits per second at first, to a browser whose link is not known: a slow one of 500 kbit/s takes it at once, and where
there is room it is doubled each few hundred ms."""

HEADROOM = 1.25
"""By how much more than we send a browser may send us: it codes in real time what we then code at leisure."""

_STATES: dict[PeerState, LegState] = {
    "new": "new",
    "connecting": "new",
    "connected": "connected",
    "disconnected": "disconnected",
    "failed": "disconnected",
    "closed": "disconnected",
}


class PeerLeg(Leg):
    """One browser. First `answer`, then `run`."""

    kind: Literal["webrtc"] = "webrtc"

    def __init__(self, offer: BrowserOffer, settings: ServerSettings, hub: Hub, *, role: Role) -> None:
        super().__init__(hub, role=role)
        self._settings = settings
        self.peer = Peer(offer, settings.ice, on_state=weakly(self._take_state))

    def _take_state(self, state: PeerState) -> None:
        self._enter(_STATES[state])

    @property
    def has_hung_up(self) -> bool:
        """Whether the far end said so itself, rather than being lost."""
        return self.peer.state == "closed"

    async def answer(self, wanted: Wanted) -> str:
        """The answer's text.

        Raises:
            SdpError: nothing of what is wanted can be agreed on.
            GatewayError: no candidate could be gathered.
        """
        text = await self.peer.answer(wanted)
        peer = self.peer
        if peer.video_in is not None:
            self._receive_video(peer.video_in)
        if peer.video_out is not None:
            self._send_video(peer.video_out)
        if peer.audio_in is not None:
            self._receive_sound(peer.audio_in)
        if peer.audio_out is not None:
            self._send_sound(peer.audio_out)
        return text

    async def abandon(self) -> None:
        """Let go of everything, without a word to the far end."""
        await self.peer.aclose()
        await super().abandon()

    def transport(self) -> Sequence[dict[str, object]]:
        """What is counted beneath RTP, as W3C webrtc-stats names it."""
        return [dict(entry) for entry in self.peer.stats()]

    async def _until_over(self, tasks: asyncio.TaskGroup) -> None:
        carrying = tasks.create_task(self.peer.run(), name="peer")
        stopping = tasks.create_task(self._stopping.wait(), name="stop leg")
        await asyncio.wait([carrying, stopping], return_when=asyncio.FIRST_COMPLETED)
        stopping.cancel()

    async def _finish(self, sending: asyncio.Task[None]) -> None:
        await super()._finish(sending)
        await self.peer.aclose()

    def _receive_video(self, media: NegotiatedMedia) -> None:
        settings = ReceiverSettings(
            media.payload_types,
            cname=media.cname,
            nack=media.feedback.nack,
            pli=media.feedback.pli,
            fir=media.feedback.fir,
            avpf=True,
            buffer=self._settings.buffer,
            rtcp_mux=True,
            bitrate=self._settings.bitrate,
            abs_send_time=media.abs_send_time_id,
            orientation=media.orientation_id,
        )
        self.video_in = VideoIngress(
            settings,
            worker=self.hub.worker,
            on_event=weakly(self.take_received),
            parameter_sets=media.h264.parameter_sets if media.h264 else (),
            estimator=RemoteBitrate(most=int(self._settings.bitrate * HEADROOM)) if media.feedback.remb else None,
        )
        wire = self.peer.endpoint(self.video_in.receiver, media, weakly(self.take))
        self.video_in.connect(wire)
        self.wires.append(wire)
        self.codec_in = media.codec

    def _send_video(self, media: NegotiatedMedia) -> None:
        bitrate = min(self._settings.bitrate, media.bitrate or self._settings.bitrate)
        settings = SenderSettings(
            FAR_END,
            FAR_END,
            payload_type=media.payload_type,
            codec=media.codec,
            cname=media.cname,
            packetization_mode=media.h264.packetization_mode if media.h264 else 1,
            nack=media.feedback.nack,
            pli=media.feedback.pli,
            fir=media.feedback.fir,
            avpf=True,
            rtcp_mux=True,
            bitrate=bitrate,
            keeps_cname=True,
            mid=_mid(media),
            abs_send_time=media.abs_send_time_id,
            start_bitrate=min(START_BITRATE, bitrate) if media.feedback.remb else None,
            ssrc=media.ssrc,
        )
        self.encoding = EncoderSettings(
            media.codec,
            bitrate=bitrate,
            preset=self._settings.preset,
            packetization_mode=settings.packetization_mode,
            max_payload=settings.max_payload,
            window=FOLLOWING_SECONDS,
            bits_per_pixel=BITS_PER_PIXEL,
        )
        self.video_out = VideoEgress(settings)
        wire = self.peer.endpoint(self.video_out.sender, media, weakly(self.take))
        self.video_out.connect(wire)
        self.wires.append(wire)

    def _receive_sound(self, media: NegotiatedMedia) -> None:
        self.sound_in = SoundIngress(
            ReceiverSettings(
                media.payload_types, cname=media.cname, clock_rate=media.clock_rate, avpf=True, rtcp_mux=True
            )
        )
        wire = self.peer.endpoint(self.sound_in.receiver, media, weakly(self.take_sound))
        self.sound_in.connect(wire)
        self.wires.append(wire)

    def _send_sound(self, media: NegotiatedMedia) -> None:
        numbers = {
            self.hub.sound_number(codec, media.clock_rate): number for number, codec in media.payload_types.items()
        }
        self.sound_out = SoundEgress(
            SoundSenderSettings(
                destination=FAR_END,
                rtcp_destination=FAR_END,
                payload_types=numbers,
                cname=media.cname,
                clock_rate=media.clock_rate,
                avpf=True,
                rtcp_mux=True,
                keeps_cname=True,
                ssrc=media.ssrc,
                mid=_mid(media),
                abs_send_time=media.abs_send_time_id,
            )
        )
        wire = self.peer.endpoint(self.sound_out.sender, media, weakly(self.take_sound))
        self.sound_out.connect(wire)
        self.wires.append(wire)


def _mid(media: NegotiatedMedia) -> tuple[int, bytes] | None:
    return None if media.mid_id is None else (media.mid_id, media.mid.encode())
