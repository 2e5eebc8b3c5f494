"""A bad network before the relay: lost, late, doubled and reordered packets, repeatable by their seeds."""

from __future__ import annotations

from pathlib import Path

from gateway.rtp.sdp import Feedback
from tests.flows.test_sources import assert_one_stream
from tests.peers.call import Call
from tests.peers.clips import LANDSCAPE, numbered
from tests.peers.clips import caller as caller_of
from tests.peers.impairment import Impairment
from tests.peers.live_caller import LiveCaller
from tests.peers.picture import worst_block_psnr
from transforms.picture import Picture

FRAMES = 120


async def called(
    caller: LiveCaller, directory: Path, *, forward: Impairment | None = None, backward: Impairment | None = None
) -> Call:
    """A whole call through a bad network."""
    frames = numbered(LANDSCAPE, FRAMES, markers=True)
    async with Call(caller.describe, directory, forward=forward, backward=backward) as call:
        async with caller.calling(call.way_in.port, frames) as sending:
            await sending
        await call.quiet()
    return call


async def test_two_percent_lost_both_ways_are_mended_by_nack(tmp_path: Path) -> None:
    forward, backward = Impairment(loss=0.02, delay=0.01), Impairment(seed=2, loss=0.02, delay=0.01)
    call = await called(LiveCaller(), tmp_path, forward=forward, backward=backward)
    assert forward.lost >= 10
    assert [seen.number for seen in call.seen()] == list(range(FRAMES))
    assert_one_stream(call.received())


async def test_five_percent_lost_with_jitter_and_duplicates_cost_few_frames(tmp_path: Path) -> None:
    forward = Impairment(loss=0.05, delay=0.01, jitter=0.01, duplicates=0.02)
    backward = Impairment(seed=2, loss=0.05, delay=0.01, jitter=0.01, duplicates=0.02)
    call = await called(LiveCaller(), tmp_path, forward=forward, backward=backward)
    seen = [frame.number for frame in call.seen() if frame.number is not None]
    assert len(seen) >= 0.98 * FRAMES
    assert seen == sorted(set(seen))


async def test_reordering_by_ten_milliseconds_loses_nothing(tmp_path: Path) -> None:
    call = await called(LiveCaller(feedback=Feedback()), tmp_path, forward=Impairment(jitter=0.01))
    assert [seen.number for seen in call.seen()] == list(range(FRAMES))


async def test_without_nack_the_picture_is_held_until_the_next_key_frame_and_never_smeared(tmp_path: Path) -> None:
    """Each frame that leaves shows what it should; latency is no longer after a loss than before it."""
    caller = LiveCaller(feedback=Feedback(), gop=0.5)
    call = await called(caller, tmp_path, forward=Impairment(seed=5, loss=0.003))
    seen, sources = call.seen(), {source.number: source for source in call.sent()}
    assert 10 < len(seen) < FRAMES
    for frame in seen:
        assert frame.number is not None
        source, alpha = sources[frame.number], caller_of(LANDSCAPE, markers=True).frame(frame.number)[1]
        assert worst_block_psnr(Picture.of(frame.frame), Picture.of(source.frame), alpha) > 22
    assert max(call.latencies()[-10:]) < 0.1
