from __future__ import annotations

from dataclasses import replace

import pytest
from aiortc.mediastreams import VideoStreamTrack

from gateway.codec.encoder import EncoderSettings
from gateway.egress import VideoEgress
from gateway.worker import Worker
from tests.line import SETTINGS


class _Nothing(VideoStreamTrack):
    """Nobody asks it for a frame."""


@pytest.mark.parametrize(("start", "first"), [(300_000, 300_000), (None, 2_000_000)])
async def test_the_first_frame_is_coded_for_the_rate_to_begin_with(start: int | None, first: int) -> None:
    egress = VideoEgress(replace(SETTINGS, start_bitrate=start))
    worker = Worker("encode")
    egress.attach(_Nothing(), EncoderSettings("H264"), worker=worker)
    assert egress.encoder is not None
    assert egress.encoder.bitrate == first
    await worker.aclose()
