"""The demonstration: how its frames are told apart, what it records, and one real call."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from fractions import Fraction
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

import av
import pytest
from PIL import Image

from gateway.cli.demo import demo_settings
from gateway.codec.encoder import EncoderSettings, VideoEncoder
from gateway.demo import Demo, DemoSettings
from gateway.demo.frame_clock import FrameClock
from gateway.demo.recording import recording
from gateway.demo.relay_process import RelayProcess
from gateway.errors import ArgumentError, GatewayError
from gateway.options.configuration import resolve
from gateway.rtp.core import AccessUnit, SourceClock
from gateway.rtp.reports import NTP_SECOND
from transforms.effect import EffectError


def report(seconds: float, timestamp: int) -> SourceClock:
    return SourceClock(ntp=round(seconds * NTP_SECOND), timestamp=timestamp, cname="caller", received=0.0)


def test_without_a_report_the_first_picture_is_frame_0() -> None:
    clock = FrameClock(30)
    assert [clock.number(time) for time in (7000, 10_000, 13_001, 7000 + 90_000)] == [0, 1, 2, 30]


def test_a_report_confirms_that_count() -> None:
    clock = FrameClock(30)
    clock.began = 1000 * NTP_SECOND
    clock.number(7000)
    assert clock.confirm(report(1002.0, 7000 + 180_000))
    assert clock.number(7000 + 3000) == 1


def test_a_report_tells_when_the_first_picture_was_not_frame_0() -> None:
    clock = FrameClock(30)
    clock.began = 1000 * NTP_SECOND
    clock.number(7000 + 6000)  # frame 2: the two before it were lost
    assert not clock.confirm(report(1001.0, 7000 + 90_000))
    assert clock.number(7000 + 6000) == 2


def coded(count: int) -> list[AccessUnit]:
    encoder = VideoEncoder(EncoderSettings("H264", 500_000, preset="ultrafast"))
    units = []
    for number in range(count):
        frame = av.VideoFrame(64, 48, "yuv420p")
        for plane in frame.planes:
            plane.update(bytes([20 * number + 40]) * plane.buffer_size)
        frame.pts, frame.time_base = number, Fraction(1, 30)
        units += encoder.encode(frame, keyframe=number == 2)
    return [AccessUnit(unit.data, 5_000_000 + unit.timestamp, unit.is_keyframe, 0.0) for unit in units]


@pytest.mark.parametrize("name", ["call.mkv", "call.mp4"])
def test_a_recording_is_what_came_from_the_first_key_frame_on(tmp_path: Path, name: str) -> None:
    output = tmp_path / name
    with recording(output) as record:
        for unit in coded(6)[1:]:  # the first one, a key frame, is missed
            record(unit)
        assert not output.exists()
    with av.open(str(output)) as container:
        frames = list(container.decode(video=0))
    times = [float((frame.pts or 0) * Fraction(frame.time_base or 1)) for frame in frames]
    assert times == pytest.approx([0, 1 / 30, 2 / 30, 3 / 30], abs=0.001)
    assert [frame.to_ndarray()[10, 10] for frame in frames] == pytest.approx([80, 100, 120, 140], abs=3)


def test_no_output_is_no_recording() -> None:
    with recording(None) as record:
        record(coded(1)[0])


def test_an_output_that_cannot_be_written_is_refused_before_the_call(tmp_path: Path) -> None:
    for output in (tmp_path / "call.avi", tmp_path, tmp_path / "no" / "call.mkv"):
        with pytest.raises(ArgumentError, match="--output"):
            Demo(
                DemoSettings(output=output),
                is_stopping=lambda: False,
                on_step=lambda step: None,
                on_progress=lambda now: None,
                on_page=lambda page: None,
            )


def test_options_that_are_the_relays_are_passed_on_to_it() -> None:
    typed = {"preset": "ultrafast", "bitrate": "800k", "similarity": "0.05", "seconds": "3"}
    settings = demo_settings(resolve("demo", typed, environ={}))
    assert settings.seconds == 3
    assert settings.relay_options == (
        "--similarity", "0.05", "--quality", "balanced", "--bitrate", "800000", "--preset", "ultrafast"
    )  # fmt: skip
    assert settings.serve_options == settings.relay_options[2:]
    assert settings.matting == {"kind": "chroma", "color": "2a6a84", "similarity": 0.05}


@pytest.mark.parametrize(
    ("typed", "color"),
    [({}, "auto"), ({"color": "2b6a83"}, "2b6a83"), ({"keyer": "ffmpeg"}, "2a6a84"), ({"blend": "0.1"}, "2a6a84")],
)
def test_the_screens_colour_is_found_unless_ffmpegs_key_needs_it(typed: dict[str, str], color: str) -> None:
    assert demo_settings(resolve("demo", typed, environ={})).color == color


def test_a_wrong_colour_is_refused_before_the_call() -> None:
    with pytest.raises(ArgumentError, match="--color 'teal' is not a colour"):
        demo_settings(resolve("demo", {"color": "teal"}, environ={}))


def test_a_background_that_cannot_be_read_is_refused_before_the_call(tmp_path: Path) -> None:
    with pytest.raises(EffectError, match="is not there"):
        demo_settings(resolve("demo", {"background": str(tmp_path / "no.jpg")}, environ={}))


def test_the_call_is_live_in_a_browser_while_it_lasts() -> None:
    command = [sys.executable, "-m", "gateway.cli", "demo", "--seconds", "4"]
    with subprocess.Popen(command, env=own_environment(), stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        url = next(line for line in process.stdout if "in a browser: http" in line).split()[-1]
        states = []
        while "live" not in states and process.poll() is None:
            with urlopen(f"{url}v1/sessions", timeout=10) as answer:
                states += [session["state"] for session in json.load(answer)["sessions"]]
        rest = process.communicate(timeout=60)[0]
    assert states[-1] == "live", states
    assert "120 frames sent" in rest
    with pytest.raises(URLError):
        urlopen(url, timeout=10)


def own_environment() -> dict[str, str]:
    environ = {name: value for name, value in os.environ.items() if not name.startswith("CHANGEBG_")}
    return environ | {"PYTHONPATH": str(Path(__file__).parents[1])}


async def test_a_relay_that_does_not_start_says_why() -> None:
    relay = RelayProcess("no description", ["color:000000", "2a6a84", "rtp://127.0.0.1:9", "96"])
    with pytest.raises(GatewayError, match="the relay did not start: changebg: SDP '-'"):
        await relay.start()
    await relay.stop()


def test_a_call_of_which_nothing_comes_back_is_a_failure() -> None:
    """The relay listens at another of this machine's addresses than the one called."""
    demo = Demo(
        DemoSettings(seconds=1, background="color:102030", relay_options=("--bind", "127.0.0.2")),
        is_stopping=lambda: False,
        on_step=lambda step: None,
        on_progress=lambda now: None,
        on_page=lambda page: None,
    )
    with pytest.raises(GatewayError, match="nothing came back from the relay, which said: changebg: 0 frames in"):
        demo.run()


def test_a_call_goes_through_the_relay_and_comes_back(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "gateway.cli", "demo", "--seconds", "3", "--output", str(tmp_path / "call.mkv")],
        env=own_environment(),
        capture_output=True,
        text=True,
        timeout=110,
    )
    assert done.returncode == 0, done.stderr
    counted = re.search(r"(\d+) frames sent, (\d+) came back, (\d+) decoded", done.stdout)
    assert counted is not None, done.stdout
    sent, received, decoded = map(int, counted.groups())
    assert sent == 90
    assert decoded == received >= 10, (
        done.stdout
    )  # how many is for the machine's load to say, and for the flows to test
    assert re.search(r"latency [\d.]+ ms median", done.stdout)
    with av.open(str(tmp_path / "call.mkv")) as container:
        assert sum(1 for _ in container.decode(video=0)) == received
    before, after = (Image.open(tmp_path / f"call-{which}.png") for which in ("before", "after"))
    assert before.size == after.size == (720, 1280)
    corner = (20, 20)
    assert before.getpixel(corner) == pytest.approx((0x2A, 0x6A, 0x84), abs=60)
    assert after.getpixel(corner) != pytest.approx(before.getpixel(corner), abs=12)
    middle = (360, 1000)  # her jacket
    assert after.getpixel(middle) == pytest.approx(before.getpixel(middle), abs=25)
