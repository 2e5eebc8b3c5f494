"""Log lines that say which call they are about, for people or for a machine.

    with log.session(id, labels):
        ...                       # whatever is logged here, and in the tasks begun here, carries both

A context variable holds the session: tasks inherit it from whoever begins them. The loggers stay the standard
library's; only their handler knows how a line looks. A line is one line: what a caller puts into a name or a label
cannot begin another.
"""

from __future__ import annotations

import json
import logging
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal, TextIO

LogFormat = Literal["text", "json"]


@dataclass(frozen=True, slots=True)
class LoggedSession:
    """What a line says of its session. `label`: `name=value` pairs apart by commas, empty where there are none."""

    id: str
    label: str = ""


_session: ContextVar[LoggedSession | None] = ContextVar("session", default=None)


@contextmanager
def session(session_id: str, labels: Mapping[str, str] | None = None) -> Iterator[None]:
    """Say that what is logged in this block is about this session."""
    label = ",".join(f"{name}={value}" for name, value in (labels or {}).items())
    token = _session.set(LoggedSession(session_id, label))
    try:
        yield
    finally:
        _session.reset(token)


def configure(style: LogFormat, *, level: int = logging.INFO, stream: TextIO | None = None) -> logging.Handler:
    """Send all that is logged to `stream` (stderr where None), in this style; returns the handler, to be removed.

    The libraries beneath us are heard from WARNING on: their INFO is a line for each request and each candidate.
    """
    handler = logging.StreamHandler(stream if stream is not None else sys.stderr)
    handler.addFilter(_add_session)
    handler.setFormatter(JsonFormatter() if style == "json" else TextFormatter())
    root = logging.getLogger()
    root.addHandler(handler)
    root.setLevel(logging.WARNING)
    for ours in ("gateway", "transforms", "changebg"):
        logging.getLogger(ours).setLevel(level)
    logging.getLogger("aiohttp.server").addFilter(_is_not_the_clients)
    return handler


def _is_not_the_clients(record: logging.LogRecord) -> bool:
    """Whether it is about more than a client that does not speak HTTP: anybody could fill the log with those."""
    error = record.exc_info[1] if record.exc_info else None
    return type(error).__module__ != "aiohttp.http_exceptions"


def _add_session(record: logging.LogRecord) -> bool:
    """Look here, in the context of whoever logs; a formatter may run elsewhere."""
    record.session = _session.get()
    return True


class TextFormatter(logging.Formatter):
    """`2026-02-03T04:05:06.789Z INFO gateway.call.session 1f3a… desk=4: the source changed`."""

    def format(self, record: logging.LogRecord) -> str:
        """One line; a traceback's lines are indented beneath it."""
        about: LoggedSession | None = getattr(record, "session", None)
        where = f" {about.id} {about.label}".rstrip() if about else ""
        line = f"{_time(record)} {record.levelname} {record.name}{where}: {record.getMessage()}"
        lines = [_on_one_line(line)]
        if record.exc_info:
            lines += [f"  {_on_one_line(part)}" for part in self.formatException(record.exc_info).splitlines()]
        return "\n".join(lines)


class JsonFormatter(logging.Formatter):
    """An object a line: time, level, logger, message, and session, label, traceback where there are some."""

    def format(self, record: logging.LogRecord) -> str:
        """The object."""
        about: LoggedSession | None = getattr(record, "session", None)
        line: dict[str, str] = {
            "time": _time(record),
            "level": record.levelname,
            "logger": record.name,
            "message": record.getMessage(),
        }
        if about:
            line |= {"session": about.id, "label": about.label}
        if record.exc_info:
            line["traceback"] = self.formatException(record.exc_info)
        return json.dumps(line)


def _time(record: logging.LogRecord) -> str:
    return datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _on_one_line(text: str) -> str:
    return "".join(character if character.isprintable() else f"\\x{ord(character):02x}" for character in text)
