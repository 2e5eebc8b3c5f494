"""`changebg serve` as a process: what it prints, whom it refuses, how it ends."""

from __future__ import annotations

import json
import os
import re
import signal
import ssl
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any
from urllib.error import HTTPError

import pytest

from gateway.cli.main import main

COMMAND = (sys.executable, "-m", "gateway.cli", "serve", "--port", "0")
PATIENCE = 60.0
"""Seconds for anything: compiled kernels are not there on a fresh machine."""


def environment(**more: str) -> dict[str, str]:
    return {**{name: value for name, value in os.environ.items() if not name.startswith("CHANGEBG_")}, **more}


@contextmanager
def serving(*options: str, env: Mapping[str, str] | None = None) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """The process and the URL it prints."""
    process = subprocess.Popen(
        [*COMMAND, *options], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment(**(env or {}))
    )
    with process:
        try:
            line = _lines(process.stdout).readline()
            match = re.fullmatch(r"changebg serves (https?://\S+)\n", line)
            assert match, line + ("" if line else _lines(process.stderr).read())
            yield process, match[1]
        finally:
            process.kill()


def _lines(stream: IO[str] | None) -> IO[str]:
    assert stream is not None
    return stream


def get(url: str, *, token: str | None = None, tls: ssl.SSLContext | None = None) -> tuple[int, Any]:
    request = urllib.request.Request(url, headers={"Authorization": f"Bearer {token}"} if token else {})
    direct = urllib.request.build_opener(urllib.request.ProxyHandler({}), urllib.request.HTTPSHandler(context=tls))
    try:
        with direct.open(request, timeout=PATIENCE) as answer:
            return answer.status, json.load(answer)
    except HTTPError as error:
        with error:
            return error.code, json.load(error)


def ended(process: subprocess.Popen[str], number: int = signal.SIGTERM) -> tuple[int, str, float]:
    """Its exit status, what it said on stderr, and how long it took to end."""
    began = time.monotonic()
    process.send_signal(number)
    _, said = process.communicate(timeout=PATIENCE)
    return process.returncode, said, time.monotonic() - began


def refusal(words: list[str], capsys: pytest.CaptureFixture[str]) -> str:
    assert main(["serve", *words]) == 2
    said = capsys.readouterr()
    assert not said.out
    assert said.err.count("\n") == 1
    return said.err.strip()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_says_where_it_is_when_it_can_take_a_call_and_ends_on_a_signal(number: int) -> None:
    with serving() as (process, url):
        assert url.startswith("http://127.0.0.1:")
        assert get(f"{url}readyz")[0] == 200
        status, said, seconds = ended(process, number)
        assert (status, said) == (0, "")
        assert seconds < 3


def test_a_signal_before_it_is_ready_ends_it() -> None:
    process = subprocess.Popen([*COMMAND], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment())
    with process:
        time.sleep(0.2)  # somewhere in its imports or its warming up, wherever that may be
        assert ended(process)[0] == 0


def test_tls_auto_prints_a_token_that_opens_and_keeps_its_certificate(tmp_path: Path) -> None:
    options = ("--host", "0.0.0.0", "--tls", "auto", "--data-dir", str(tmp_path), "--log-format", "json")
    with serving(*options) as (process, url):
        match = re.fullmatch(r"https://(\S+):(\d+)/#token=([\w-]{43})", url)
        assert match, url
        trusted = ssl.create_default_context(cafile=str(tmp_path / "tls" / "certificate.pem"))
        own = f"https://127.0.0.1:{match[2]}/v1/sessions"
        assert get(own, token=match[3], tls=trusted) == (200, {"sessions": []})
        assert get(own, tls=trusted)[0] == 401
        said = ended(process)[1]
        assert json.loads(said.splitlines()[0])["message"].startswith("the certificate was made here, SHA-256 ")
        assert match[3] not in said


def test_a_token_from_the_environment_opens_and_is_not_said() -> None:
    with serving("--host", "0.0.0.0", "--debug", env={"CHANGEBG_TOKEN": "s3cret-token"}) as (process, url):
        own = re.sub(r"//[^:/]+", "//127.0.0.1", url)
        assert "s3cret" not in url
        assert get(f"{own}v1/sessions", token="s3cret-token")[0] == 200
        assert get(f"{own}v1/sessions", token="wrong")[0] == 401
        assert "s3cret" not in ended(process)[1]


def test_a_port_that_is_taken_is_one_line() -> None:
    with serving() as (_, url):
        port = url.rsplit(":", 1)[1].strip("/")
        second = subprocess.run(
            [*COMMAND[:-1], port], capture_output=True, text=True, env=environment(), timeout=PATIENCE, check=False
        )
        assert (second.returncode, second.stdout) == (1, "")
        assert second.stderr == f"changebg: cannot listen on 127.0.0.1 port {port}: Address already in use\n"


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.7", "calls.example"])
def test_nobody_serves_others_without_a_token(host: str, capsys: pytest.CaptureFixture[str]) -> None:
    said = refusal(["--host", host], capsys)
    assert said.startswith(f"changebg: --host {host!r}: others could reach it, so it needs --token")


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["--port", "65536"], "--port '65536': expected a whole number from 0 to 65535"),
        (["--token", "two words"], "--token: expected letters, digits"),
        (["--token-file", "/nowhere"], "--token-file '/nowhere': No such file"),
        (["--tls", "cert.pem"], "--tls 'cert.pem': expected CERT,KEY, two PEM files, or auto"),
        (["--tls", "/nowhere,/nowhere"], "--tls '/nowhere': No such file"),
        (["--jwks", "http://id.example/keys"], "--jwks 'http://id.example/keys': expected a file, or an https URL"),
        (["--jwks", "/nowhere"], "--jwks '/nowhere': No such file"),
        (["--allow-origin", "app.example"], "--allow-origin 'app.example': expected an origin such as"),
        (
            ["--allow-origin", "https://a.example", "--allow-origin", "b"],
            "--allow-origin 'https://a.example,b': expected",
        ),
        (["--allow-destination", "192.0.2.0/33"], "--allow-destination '192.0.2.0/33': expected a network such as"),
        (["--ice-server", "http://stun.example"], "--ice-server: expected stun:HOST:PORT"),
        (["--udp-ports", "5000-4000"], "--udp-ports '5000-4000': expected FIRST-LAST"),
        (["--size", "1281x720"], "--size '1281x720': expected WxH, even numbers"),
        (["--interface", "eth0"], "--interface 'eth0': expected an IPv4 or IPv6 address"),
        (["--codec", "vp8"], "--codec: an option of changebg relay and file, not of serve"),
    ],
)
def test_a_wrong_option_is_refused_in_one_line(
    words: list[str], sentence: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert refusal(words, capsys).removeprefix("changebg: ").startswith(sentence)
