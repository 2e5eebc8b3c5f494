"""Reading large images takes no more memory than it must."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from PIL import Image

STATUS = Path("/proc/self/status")

READ = """
import sys
from pathlib import Path
from transforms.still import load_layer

def peak():
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("VmHWM"))

before = peak()
load_layer(Path(sys.argv[1]))
print(peak() - before)
"""


@pytest.mark.skipif(not STATUS.exists(), reason="there is no /proc: the peak of a process cannot be read")
def test_a_large_photo_is_read_without_needless_copies(tmp_path: Path) -> None:
    path = tmp_path / "photo.jpg"
    Image.new("RGB", (6000, 4000), (200, 30, 60)).save(path)
    run = [sys.executable, "-c", READ, str(path)]
    peak = int(subprocess.run(run, capture_output=True, check=True, text=True).stdout)
    once = 6000 * 4000 * 4  # octets: Pillow keeps RGB in four
    assert peak < 2.7 * once  # itself, the smaller one that is kept, and that one's way there: no copy of itself
