"""The sound's way through a relay: an audio relay joined to its sockets."""

from __future__ import annotations

from contextlib import AsyncExitStack

from gateway.audio import AudioRelay, AudioSettings
from gateway.listening import listening_address
from gateway.relay import Sound
from gateway.rtp.core import Address
from gateway.rtp.udp import Endpoint


class SoundPath:
    """Forwards from `listen` on. `destination`: the URL's, resolved. `bind`: as for the picture."""

    def __init__(self, sound: Sound, destination: Address, *, bind: str | None) -> None:
        self._sound = sound
        self.destination = destination
        self._bind = bind
        self.relay = AudioRelay(_audio_settings(sound, destination))
        self.endpoints: tuple[Endpoint, ...] = ()

    async def listen(self, stack: AsyncExitStack) -> None:
        """Bind both legs.

        Raises:
            GatewayError: a port is in use, or an address is not ours.
        """
        media, url = self._sound.media, self._sound.destination
        listening = await listening_address(media.connection, self._bind)
        leg_in = Endpoint.open(
            self.relay.input,
            bind=listening.bind,
            group=listening.group,
            port=media.port,
            rtcp_port=None if media.rtcp_mux else media.rtcp_port,
            on_event=_no_event,
        )
        self.endpoints = (await stack.enter_async_context(leg_in),)
        leg_out = Endpoint.open(
            self.relay.output,
            bind="::" if ":" in self.destination[0] else "0.0.0.0",
            port=url.local_port or 0,
            rtcp_port=None if url.rtcp_port == url.port else url.local_rtcp_port or 0,
            on_event=_no_event,
            ttl=url.ttl,
        )
        self.endpoints += (await stack.enter_async_context(leg_out),)
        self.relay.wake_input, self.relay.wake_output = self.endpoints[0].flush, self.endpoints[1].flush

    def say_goodbye(self) -> None:
        """BYE to the far end."""
        self.endpoints[-1].send(self.relay.goodbye())


def _audio_settings(sound: Sound, destination: Address) -> AudioSettings:
    media = sound.media
    first = media.payload_types[0]
    return AudioSettings(
        payload_types=frozenset(media.payload_types),
        destination=destination,
        rtcp_destination=(destination[0], sound.destination.rtcp_port),
        renamed=None if sound.payload_type is None else (first, sound.payload_type),
        input_mux=media.rtcp_mux,
        output_mux=sound.destination.rtcp_port == sound.destination.port,
        source_rtcp=media.rtcp_address,
    )


def _no_event(_: object) -> None:
    """An audio relay has no events."""
