"""A whole conversion in a process that the kernel kills at its first call to anybody: no matting reports home."""

from __future__ import annotations

import platform
import re
import subprocess
import sys
from fractions import Fraction
from pathlib import Path

import av
import pytest

from tests.drawn_tflite import drawn_tflite
from tests.no_way_out import NETWORK_CALLS
from tests.peers.programs import require_mediapipe
from transforms.picture import Size
from transforms.sample import SampleCaller

SIZE = Size(160, 120)
PICTURES = 4

IN_SILENCE = (
    "from tests.no_way_out import forbid_the_network; forbid_the_network()\nfrom gateway.cli.__main__ import run; run()"
)
"""The command, once nobody can be called any more."""

OURS = re.compile(r"changebg: |\d\d:\d\d:\d\d INFO at ")
"""How a line of ours begins: the summary, and what a matting found out."""

pytestmark = pytest.mark.skipif(
    platform.machine() not in NETWORK_CALLS, reason="needs the numbers of this machine's system calls"
)


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("clips") / "caller.mkv"
    caller = SampleCaller(SIZE, screen=None)
    with av.open(path, "w") as container:
        stream = container.add_stream("ffv1", Fraction(30))
        stream.width, stream.height, stream.pix_fmt = SIZE.width, SIZE.height, "yuv420p"
        for number in range(PICTURES):
            container.mux(stream.encode(caller.frame(number)[0]))
        container.mux(stream.encode(None))
    return path


@pytest.mark.parametrize("matting", ["auto", "mediapipe", "mediapipe with a model", "model"])
def test_a_conversion_calls_nobody_and_chatters_about_nothing(matting: str, clip: Path, tmp_path: Path) -> None:
    require_mediapipe()
    (tmp_path / "person.tflite").write_bytes(drawn_tflite({"background": (0, 0, 0, 0.5), "person": (1, 0, 0, 0)}))
    kind, _, has_model = matting.partition(" ")
    words = ["--background", "color:202020", "--matting", kind]
    if has_model or kind == "model":
        words += ["--model", str(tmp_path / "person.tflite")]
    done = subprocess.run(
        [sys.executable, "-c", IN_SILENCE, "file", str(clip), str(tmp_path / "out.mkv"), *words],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert f"{PICTURES} frames in, {PICTURES} out" in done.stderr.splitlines()[-1]
    assert [line for line in done.stderr.splitlines() if not OURS.match(line)] == []
