"""Who hears whom in one call: the pictures of one leg to the matting, its sound and its clock to all that send.

The newest leg that brings pictures is the source, and what it replaces is stopped: a browser that comes back is shown
as soon as its first picture is here, not sooner.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from gateway.call.fanout import Fanout, FanoutReader
from gateway.call.leg import Leg
from gateway.call.splice import SplicedSound, SplicedTrack
from gateway.rtp.core import SoundPacket, SourceClock
from gateway.worker import Worker


class Switchboard:
    """The legs of a call; what each of them calls its hub.

    `source`: the leg whose pictures are shown; None before the first, and once it is gone. `on_picture` is told of each
    picture that comes from it, `on_changed` of each leg's new state.
    """

    def __init__(
        self,
        *,
        worker: Worker,
        splice: SplicedTrack,
        fanout: Fanout,
        on_picture: Callable[[Leg], None],
        on_changed: Callable[[Leg], None],
    ) -> None:
        self.worker = worker
        self.source: Leg | None = None
        self._splice, self._fanout = splice, fanout
        self._on_picture, self._on_changed = on_picture, on_changed
        self._legs: dict[str, Leg] = {}
        self._clock: SourceClock | None = None
        self._sound_clock: SourceClock | None = None
        self._sound = SplicedSound()
        self._sound_source: Leg | None = None
        self._sound_numbers: dict[tuple[str, int], int] = {}

    @property
    def legs(self) -> tuple[Leg, ...]:
        """Those there are now, oldest first."""
        return tuple(self._legs.values())

    @property
    def sound_codec(self) -> str | None:
        """What the sound comes in; None where there is none."""
        for leg in self._legs.values():
            if leg.sound_in is not None:
                return next(iter(leg.sound_in.codecs.values()), None)
        return None

    def add(self, leg: Leg) -> None:
        """Connect a leg."""
        self._legs[leg.id] = leg

    def remove(self, leg: Leg) -> None:
        """Disconnect it; where it was the source there is none."""
        del self._legs[leg.id]
        if leg is self._sound_source:
            self._sound_source = None
        if leg is self.source:
            self.source = None
            self._splice.follow(None)

    def reader(self) -> FanoutReader:
        """A new view of the composites."""
        return self._fanout.reader()

    def sound_number(self, codec: str, clock_rate: int) -> int:
        """The payload type under which the legs pass this codec to each other."""
        return self._sound_numbers.setdefault((codec.upper(), clock_rate), len(self._sound_numbers))

    def arrived(self, leg: Leg, timestamp: int, received: float) -> None:
        """A leg has a picture."""
        if leg.is_stopping or leg.id not in self._legs:
            return
        if leg is not self.source:
            self._follow(leg, timestamp)
        self._on_picture(leg)
        at = timestamp + self._splice.offset
        for out in self._legs.values():
            if out.video_out is not None:
                out.video_out.arrived(at, received)

    def told_time(self, leg: Leg, clock: SourceClock) -> None:
        """The picture's source told its time: whoever gets the picture is told, on its line of timestamps."""
        if leg is not self.source:
            return
        self._clock = replace(clock, timestamp=clock.timestamp + self._splice.offset)
        for out in self._legs.values():
            if out.video_out is not None:
                out.video_out.follow(self._clock)

    def heard(self, leg: Leg, packet: SoundPacket) -> None:
        """Sound came: to whoever gets it, at once."""
        if self.source not in (leg, None) or leg.sound_in is None:
            return
        if leg is not self._sound_source:
            self._sound_source = leg
            self._sound.begin_source()
        carried_on = self._sound.carried_on(packet, leg.sound_in.clock_rate)
        for out in self._legs.values():
            if out.sound_out is not None:
                out.sound_out.send(carried_on)

    def told_sound_time(self, leg: Leg, clock: SourceClock) -> None:
        """The sound's source told its time."""
        if self.source not in (leg, None):
            return
        self._sound_clock = self._sound.carried_on_clock(clock)
        for out in self._legs.values():
            if out.sound_out is not None and self._sound_clock is not None:
                out.sound_out.follow(self._sound_clock)

    def leg_changed(self, leg: Leg) -> None:
        """A leg was reached, which is told what the others know; went silent; or is closed."""
        if leg.state == "connected":
            if leg.video_out is not None and self._clock is not None:
                leg.video_out.follow(self._clock)
            if leg.sound_out is not None and self._sound_clock is not None:
                leg.sound_out.follow(self._sound_clock)
        self._on_changed(leg)

    def _follow(self, leg: Leg, timestamp: int) -> None:
        """Show what this leg brings; the one before has been replaced."""
        old, self.source = self.source, leg
        self._splice.follow(leg.track, timestamp=timestamp)
        self._clock = self._sound_clock = None
        if old is not None:
            old.stop()
