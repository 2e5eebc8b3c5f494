"""What a stranger may hand to the command: an exit status, one line, and no traceback; or it simply works."""

from __future__ import annotations

import os
import signal
import socket
import struct
import subprocess
import sys
import threading
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

CHANGEBG = [sys.executable, "-m", "gateway.cli"]
VIDEO = "m=video {port} RTP/AVP 96\r\na=rtpmap:96 H264/90000\r\n"


def description(port: int, media: str = VIDEO) -> str:
    return "v=0\r\no=- 0 0 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\n" + media.format(port=port)


def free_port() -> int:
    """An even port of a pair that was free a moment ago."""
    while True:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as rtp:
            rtp.bind(("127.0.0.1", 0))
            port: int = rtp.getsockname()[1]
            if port % 2:
                continue
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as rtcp:
                try:
                    rtcp.bind(("127.0.0.1", port + 1))
                except OSError:
                    continue
                return port


@pytest.fixture
def environ() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if not name.startswith("CHANGEBG_")}


class Shell:
    """Runs the command in a directory of its own."""

    def __init__(self, directory: Path, environ: dict[str, str]) -> None:
        self.directory = directory
        self._environ = environ | {"PYTHONPATH": str(Path(__file__).parents[2])}

    def write(self, name: str, content: str | bytes) -> str:
        (self.directory / name).write_bytes(content.encode() if isinstance(content, str) else content)
        return name

    def run(self, *words: str, stdin: bytes = b"") -> subprocess.CompletedProcess[bytes]:
        return subprocess.run(
            [*CHANGEBG, *words], cwd=self.directory, env=self._environ, input=stdin, capture_output=True, timeout=60
        )

    def refused(self, *words: str, status: int = 2, stdin: bytes = b"") -> str:
        """The line with which the command ends, which is all it says."""
        done = self.run(*words, stdin=stdin)
        said = done.stderr.decode()
        assert done.returncode == status, said
        assert done.stdout == b""
        assert "Traceback" not in said
        assert said.count("\n") == 1, said
        assert said.startswith("changebg: ")
        assert len(said) < 400
        return said.removeprefix("changebg: ").rstrip()

    @contextmanager
    def relay(self, *words: str) -> Iterator[Relay]:
        """A relay that has printed its SDP."""
        process = subprocess.Popen(
            [*CHANGEBG, "relay", *words],
            cwd=self.directory,
            env=self._environ,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        relay = Relay(process)
        try:
            yield relay
        finally:
            process.kill()
            process.communicate()


class Relay:
    """A running relay and what it says."""

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        self._process = process
        self._said: list[bytes] = []
        assert process.stdout is not None
        assert process.stderr is not None
        self._listener = threading.Thread(target=self._said.extend, args=(process.stderr,), daemon=True)
        self._listener.start()
        first = process.stdout.readline()
        assert first == b"v=0\r\n", self.said

    @property
    def said(self) -> str:
        return b"".join(self._said).decode()

    @property
    def is_alive(self) -> bool:
        return self._process.poll() is None

    def ends(self) -> str:
        """The summary with which it ends when asked to."""
        self._process.send_signal(signal.SIGTERM)
        assert self._process.wait(timeout=10) == 0, self.said
        self._listener.join(timeout=10)
        assert "Traceback" not in self.said
        return self.said.splitlines()[-1]


@pytest.fixture
def shell(tmp_path: Path, environ: dict[str, str]) -> Shell:
    return Shell(tmp_path, environ)


@pytest.fixture
def five(shell: Shell) -> list[str]:
    """Five words that are right."""
    return [shell.write("call.sdp", description(free_port())), "color:102030", "2a6a84", "rtp://127.0.0.1:9", "96"]


def changed(words: list[str], **replacements: str) -> list[str]:
    names = ["sdp", "background", "color", "url", "payload_type"]
    return [replacements.get(name, word) for name, word in zip(names, words, strict=True)]


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        ("", "empty"),
        (bytes(range(256)) * 40, "SDP"),
        (description(5004)[:30], "no video line"),
        ("v=0\r\n" + "a=tool:x\r\n" * 100_000, "SDP"),
        (description(5004, "m=audio {port} RTP/AVP 0\r\n"), "no video line"),
        (description(5004, VIDEO.replace("H264", "AV1")), "video codec AV1 is not supported: H264 or VP8"),
    ],
    ids=["empty", "binary", "truncated", "1 MB", "no video", "unknown codec"],
)
def test_a_wrong_description_ends_with_2(shell: Shell, five: list[str], content: str | bytes, sentence: str) -> None:
    line = shell.refused(*changed(five, sdp=shell.write("wrong.sdp", content)))
    assert line.startswith("SDP 'wrong.sdp': ")
    assert sentence in line


def test_a_missing_description_and_a_directory_end_with_2(shell: Shell, five: list[str]) -> None:
    assert "No such file" in shell.refused("relay", *changed(five, sdp="no.sdp"))
    assert "Is a directory" in shell.refused(*changed(five, sdp="."))
    assert "empty" in shell.refused(*changed(five, sdp="-"), stdin=b"")


def png_header(width: int, height: int) -> bytes:
    """A PNG that promises so many pixels and has ten."""
    chunks = [b"IHDR" + struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0), b"IDAT" + zlib.compress(bytes(30))]
    framed = [struct.pack(">I", len(chunk) - 4) + chunk + struct.pack(">I", zlib.crc32(chunk)) for chunk in chunks]
    return b"\x89PNG\r\n\x1a\n" + b"".join(framed)


IMAGE_OPTIONS = {
    "background": (),
    "plate": ("--matting", "plate", "--plate"),
    "garbage mask": ("--garbage",),
    "holdout mask": ("--holdout",),
}
"""What a refusal calls an image, and the words before it; a background is one of the five."""


@pytest.mark.parametrize("what", IMAGE_OPTIONS)
def test_an_image_that_cannot_be_used_ends_with_2(shell: Shell, five: list[str], what: str) -> None:
    Image.new("RGB", (640, 480), "navy").save(shell.directory / "whole.jpg", quality=95)
    whole = (shell.directory / "whole.jpg").read_bytes()
    Image.new("RGB", (1, 1)).save(shell.directory / "dot.png")
    unusable: list[tuple[str, str | bytes | None, str]] = [
        ("no.jpg", None, "no.jpg is not there"),
        (".", None, "not a file"),
        ("dot.png", None, "1x1 pixels, too small"),
        ("vast.png", png_header(30000, 30000), "too large"),
        ("text.jpg", "this is no picture", "not an image"),
        ("half.jpg", whole[: len(whole) // 2], "cannot be read"),
        ("empty.png", b"", "not an image"),
    ]
    # One function reads them all: one option meets every one of them, the others two, to see that they call it.
    for name, content, sentence in unusable if what == "background" else unusable[:1] + unusable[4:5]:
        if content is not None:
            shell.write(name, content)
        words = [*five, *IMAGE_OPTIONS[what], name] if IMAGE_OPTIONS[what] else changed(five, background=name)
        line = shell.refused(*words)
        assert line.startswith(f"{what} ")
        assert sentence in line


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (["--plate", "first:0"], "--plate 'first:0': expected first:N with 1 to 600 frames, such as first:30"),
        (["--plate", "empty.jpg"], "--plate beside COLOR 2a6a84: expected one of the two, or --matting plate"),
        (["--matting", "plate", "--blend", "0"], "--blend belongs to --matting chroma, not to --matting plate"),
        (["--matting", "model"], "--matting model: needs --model FILE, an .onnx or .tflite file"),
        (["--matting", "model", "--model", "no.onnx"], "model no.onnx is not there"),
        (["--matting", "model", "--model", "net.onnx"], "model net.onnx is damaged, or no ONNX model"),
        (["--clip", "0.9,0.1"], "--clip '0.9,0.1': expected LOW,HIGH from 0 to 1, LOW the smaller one, such as"),
        (["--shrink", "21"], "--shrink '21': expected a number from -20 to 20"),
        (["--feather", "-1"], "--feather '-1': expected a number from 0 to 20"),
        (["--despill", "2"], "--despill '2': expected a number from 0 to 1"),
        (["--shadow", "dark"], "--shadow 'dark': expected remove or keep"),
        (["--config", "call.toml"], "call.toml: clip '1,0': expected LOW,HIGH from 0 to 1"),
    ],
)
def test_a_wrong_option_of_the_matte_ends_with_2(
    shell: Shell, five: list[str], options: list[str], sentence: str
) -> None:
    shell.write("call.toml", 'clip = "1,0"\n')
    shell.write("net.onnx", "no model")
    assert shell.refused(*five, *options).startswith(sentence)


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"color": "2a6a8"}, "COLOR '2a6a8' is not a colour: six hexadecimal digits"),
        ({"payload_type": "128"}, "PAYLOAD_TYPE '128': expected a whole number from 0 to 127"),
        ({"payload_type": "26"}, "PAYLOAD_TYPE 26: is JPEG by RFC 3551"),
        ({"url": "http://127.0.0.1:9"}, "RTP_URL 'http://127.0.0.1:9'"),
        ({"background": "blur:x"}, "BACKGROUND 'blur:x': expected a strength from 0 to 1"),
    ],
)
def test_a_wrong_word_ends_with_2(shell: Shell, five: list[str], changes: dict[str, str], sentence: str) -> None:
    assert shell.refused(*changed(five, **changes)).startswith(sentence)


def test_a_port_in_use_ends_with_1_and_is_named(shell: Shell, five: list[str]) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
        line = shell.refused(*changed(five, sdp=shell.write("taken.sdp", description(port))), status=1)
    assert str(port) in line


def test_a_host_that_cannot_be_found_ends_with_1_and_is_named(shell: Shell, five: list[str]) -> None:
    assert "nowhere.invalid" in shell.refused(*changed(five, url="rtp://nowhere.invalid:5004"), status=1)


def photo(shell: Shell) -> Iterator[tuple[str, Callable[[Path], None]]]:
    """Four kinds of picture that cameras and printers make."""
    rows = np.linspace(0, 65535, 64 * 96).reshape(64, 96).astype(np.uint16)
    exif = Image.Exif()
    exif[0x0112] = 6  # Orientation: turn clockwise
    yield "cmyk.jpg", lambda path: Image.new("CMYK", (96, 64), (10, 200, 30, 0)).save(path)
    yield "deep.png", lambda path: Image.fromarray(rows).save(path)
    yield "clear.png", lambda path: Image.new("RGBA", (96, 64), (200, 10, 30, 128)).save(path)
    yield "turned.jpg", lambda path: Image.new("RGB", (96, 64), "teal").save(path, exif=exif)


@pytest.mark.parametrize("index", range(4), ids=["cmyk", "16 bit", "alpha", "exif"])
def test_pictures_of_all_kinds_are_taken(shell: Shell, five: list[str], index: int) -> None:
    name, save = list(photo(shell))[index]
    save(shell.directory / name)
    with shell.relay(*changed(five, background=name)) as relay:
        assert "0 frames in" in relay.ends()


def rtp_packet(payload_type: int, sequence: int, payload: bytes) -> bytes:
    return struct.pack(">BBHII", 0x80, payload_type | 0x80, sequence & 0xFFFF, sequence * 3000, 0x1234) + payload


def test_hostile_datagrams_neither_end_the_relay_nor_get_an_answer(shell: Shell, five: list[str]) -> None:
    port = free_port()
    noise = np.random.default_rng(7)
    bad = [b"", b"\x80", b"\x00" * 11, bytes(1200), bytes([0xFF]) * 65_000]
    bad += [noise.bytes(int(noise.integers(1, 1500))) for _ in range(300)]
    bad += [rtp_packet(111, number, b"sound") for number in range(50)]
    bad += [rtp_packet(96, number, b"\x7c\x85broken") for number in range(50)]
    bad += [b"\x80\xc8\x00\x06" + noise.bytes(24), b"\x81\xce\xff\xff", b"\x80\xcb\x00\x00"] * 200
    words = changed(five, sdp=shell.write("open.sdp", description(port)))
    with shell.relay(*words) as relay, socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as attacker:
        for datagram in bad:
            for target in (port, port + 1):
                attacker.sendto(datagram, ("127.0.0.1", target))
        assert relay.is_alive
        assert "0 out" in relay.ends()


def test_a_relay_ends_by_itself_when_nothing_comes(shell: Shell, five: list[str]) -> None:
    done = shell.run(*five, "--idle-timeout", "0.2")
    assert done.returncode == 0
    assert b"0 frames in, 0 out, 0 dropped, 0 held" in done.stderr.splitlines()[-1]


def test_a_file_command_refuses_in_one_line_too(shell: Shell) -> None:
    shell.write("text.mp4", "no video at all")
    options = ["--background", "color:102030", "--color", "2a6a84"]
    assert "no such file" in shell.refused("file", "no.mp4", "out.mp4", *options)
    assert "Invalid data" in shell.refused("file", "text.mp4", "out.mp4", *options)
    assert "expected a name ending in" in shell.refused("file", "text.mp4", "out.xyz", *options)
    assert "is a directory" in shell.refused("file", "text.mp4", ".", *options)
    assert not (shell.directory / "out.mp4").exists()
