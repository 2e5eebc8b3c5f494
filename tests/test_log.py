"""Every line says which call it is about, and is one line."""

from __future__ import annotations

import asyncio
import io
import json
import logging
from collections.abc import Iterator

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from gateway import log

logger = logging.getLogger("gateway.somewhere")


@pytest.fixture(params=["text", "json"])
def written(request: pytest.FixtureRequest) -> Iterator[tuple[str, io.StringIO]]:
    stream = io.StringIO()
    before = logging.getLogger().level
    handler = log.configure(request.param, stream=stream)
    yield request.param, stream
    logging.getLogger().removeHandler(handler)
    logging.getLogger().setLevel(before)


def test_a_line_within_a_session_names_it_and_its_labels(written: tuple[str, io.StringIO]) -> None:
    style, stream = written
    with log.session("s-1", {"desk": "4", "site": "north"}):
        logger.info("the source changed")
    logger.info("elsewhere")
    inside, outside = stream.getvalue().splitlines()
    assert "desk=4,site=north" in inside and "s-1" in inside and "the source changed" in inside
    assert "s-1" not in outside
    if style == "json":
        assert json.loads(inside)["session"] == "s-1" and "session" not in json.loads(outside)


async def test_tasks_begun_in_a_session_log_for_it(written: tuple[str, io.StringIO]) -> None:
    async def work(name: str) -> None:
        await asyncio.sleep(0)
        logger.info("done by %s", name)

    tasks = []
    for name in ("a", "b"):
        with log.session(f"session-{name}"):
            tasks.append(asyncio.create_task(work(name)))
    await asyncio.gather(*tasks)
    for line in written[1].getvalue().splitlines():
        name = "a" if "done by a" in line else "b"
        assert f"session-{name}" in line


def test_what_a_caller_wrote_cannot_begin_a_line(written: tuple[str, io.StringIO]) -> None:
    with log.session("s-1", {"desk": "4\n2026-01-01T00:00:00Z INFO forged"}):
        logger.warning("a name\r\nof two lines \x1b[31m")
    assert len(written[1].getvalue().splitlines()) == 1
    assert "\x1b" not in written[1].getvalue()


def test_a_traceback_stays_with_its_line(written: tuple[str, io.StringIO]) -> None:
    style, stream = written
    try:
        int("what went wrong")
    except ValueError:
        logger.exception("it failed")
    first, *rest = stream.getvalue().splitlines()
    if style == "json":
        assert "what went wrong" in json.loads(first)["traceback"] and not rest
    else:
        assert rest and all(line.startswith("  ") for line in rest)


def test_the_libraries_beneath_are_heard_from_warnings_on(written: tuple[str, io.StringIO]) -> None:
    logging.getLogger("aioice.ice").info("chatter")
    logging.getLogger("aioice.ice").warning("something is wrong")
    assert "chatter" not in written[1].getvalue() and "something is wrong" in written[1].getvalue()


async def test_what_is_not_http_does_not_fill_the_log(written: tuple[str, io.StringIO]) -> None:
    async with TestServer(web.Application(), host="127.0.0.1") as server:
        reader, writer = await asyncio.open_connection(server.host, server.port)
        writer.write(b"GET /a b c HTTP/9\r\n\r\n")
        assert (await reader.readline()).startswith(b"HTTP/1.0 400")
        writer.close()
    assert written[1].getvalue() == ""
