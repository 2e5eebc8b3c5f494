"""`changebg serve`: the HTTP API, WHIP and WHEP, and the page, for as many calls as there is room for."""

from __future__ import annotations

import asyncio
import gc
import logging
import resource
import sys
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING

from gateway.cli.parser import Usage, Words
from gateway.cli.relay import SWITCH_INTERVAL
from gateway.cli.signals import AGAIN, signals_calling
from gateway.errors import ArgumentError
from gateway.options.serve_values import is_loopback

if TYPE_CHECKING:
    from gateway.cli.serve_settings import Told
    from gateway.options.settings import Settings
    from gateway.server import Front
    from gateway.serving import ServerSettings

logger = logging.getLogger("changebg")

ANY_ADDRESS = ("0.0.0.0", "::")

USAGE = Usage(
    command="serve",
    summary="HTTP API, WHIP and WHEP, the browser test page",
    arguments=(),
    examples="""\
examples:
  changebg serve
  changebg serve --host 0.0.0.0 --tls auto
  CHANGEBG_TOKEN=… changebg serve --host 0.0.0.0 --tls cert.pem,key.pem --udp-ports 50000-50999
  changebg serve --allow-origin https://app.example --allow-destination 192.0.2.0/24 --media-dir clips

Prints one line with its URL on stdout once it can take a call; events go to stderr. On Ctrl-C or SIGTERM it takes no
new calls and lets the others end within --drain seconds; the second time it ends at once.""",
)


def run(words: Words) -> int:
    """Serve until told to stop; returns the exit status."""
    settings = words.settings
    if not _is_guarded(settings) and not is_loopback(settings.host.strip("[]")):
        raise ArgumentError(
            f"--host {settings.host!r}: others could reach it, so it needs --token (or CHANGEBG_TOKEN), "
            "--token-file or --jwks; or --tls auto, which makes a token"
        )

    from gateway.webrtc.versions import require_known_versions

    require_known_versions()

    from gateway.cli.serve_settings import front, server_settings
    from gateway.server import data_folder

    sys.setswitchinterval(SWITCH_INTERVAL)
    _allow_many_sockets()
    with data_folder(settings.data_dir) as folder:
        built, told = front(settings, folder)
        asyncio.run(_until_stopped(built, server_settings(settings), folder, told))
    return 0


def _is_guarded(settings: Settings) -> bool:
    return bool(settings.token or settings.token_file or settings.jwks) or settings.tls == "auto"


def _allow_many_sockets() -> None:
    """As many as the system lets us have: a call has up to six, and the usual limit, for `select`, is 1024 in all."""
    most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))


async def _until_stopped(front: Front, settings: ServerSettings, folder: Path, told: Told) -> None:
    """A signal ends a server that is not ready yet at once, any other in its own time; a second one ends that, too."""
    from gateway.server import serve

    stop = asyncio.Event()
    stopped: list[float] = []
    is_ready = False

    def on_ready(port: int) -> None:
        nonlocal is_ready
        is_ready = True
        _tell_ready(front, port, told)

    serving = asyncio.create_task(serve(front, settings, folder, on_ready=on_ready, stop=stop))

    def end() -> None:
        stopped.append(monotonic())
        stop.set()
        if not is_ready or stopped[-1] - stopped[0] > AGAIN:
            serving.cancel()

    with signals_calling(end):
        try:
            await serving
        except asyncio.CancelledError:
            if not stopped:
                raise


def _tell_ready(front: Front, port: int, told: Told) -> None:
    """The line on stdout; what is loaded is never looked at by the garbage collector again.

    The token stands behind `#`, which a browser keeps to itself.
    """
    gc.collect()
    gc.freeze()
    host = _reachable(front.host)
    url = f"{'https' if front.tls else 'http'}://{f'[{host}]' if ':' in host else host}:{port}/"
    if told.fingerprint:
        logger.info("the certificate was made here, SHA-256 %s", told.fingerprint)
    try:
        print(f"changebg serves {url}{f'#token={told.token}' if told.token else ''}", flush=True)
    except OSError:
        logger.warning("nobody reads the URL on stdout; the server goes on")


def _reachable(host: str) -> str:
    """An address that can be typed, where the server listens on all: the first that others reach, if there is one."""
    if host not in ANY_ADDRESS:
        return host

    from gateway.access.tls import addresses_of_this_host

    return next(iter(addresses_of_this_host(version=4 if "." in host else 6)), "localhost")
