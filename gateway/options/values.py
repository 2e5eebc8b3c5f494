"""From typed text to a value: one small function per kind of value that an option takes.

Each takes the text as typed and returns the value in the unit the program works in (seconds, bits per second). What
it refuses is a `ValueError` whose message says what would be right; `gateway.options.configuration` adds what stood
where.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable, Sequence
from fractions import Fraction
from pathlib import Path

from transforms.effect import LONGEST_LEARNING, EffectError, FirstFrames, Learned, PlateImage

BIT_RATE_LIMITS = (16_000, 200_000_000)
"""Bits per second: below, no encoder holds its rate on video; above, no call and no H264 level."""

_SUFFIXES = {"": 1, "k": 1_000, "m": 1_000_000, "g": 1_000_000_000}
_YES, _NO = {"1", "true", "yes", "on"}, {"0", "false", "no", "off"}


def text(typed: str) -> str:
    """Any text that can be a name or a path."""
    if not typed or "\0" in typed:
        raise ValueError("expected a name or a path")
    return typed


def path(typed: str) -> Path:
    """A file's path, `~` being the home directory."""
    return at_home(text(typed))


def at_home(typed: str) -> Path:
    """The path, `~` being the home directory; as it stands where that is nobody's, as in a shell."""
    try:
        return Path(typed).expanduser()
    except RuntimeError:  # no such user, or nobody knows where home is
        return Path(typed)


def switch(typed: str) -> bool:
    """On or off, as a configuration file or the environment writes it."""
    if is_yes(typed) or typed.lower() in _NO:
        return is_yes(typed)
    raise ValueError("expected true or false")


def is_yes(typed: str) -> bool:
    """Whether it is a word for on."""
    return typed.lower() in _YES


def one_of(*allowed: str) -> Callable[[str], str]:
    """One word of a list."""
    expected = either(allowed)

    def parse(typed: str) -> str:
        if typed in allowed:
            return typed
        raise ValueError(f"expected {expected}")

    return parse


def either(words: Sequence[str]) -> str:
    """One or more words as a sentence has them: `a, b or c`."""
    return " or ".join(filter(None, (", ".join(words[:-1]), words[-1])))


def codec(*names: str) -> Callable[[str], str]:
    """A codec's RTP encoding name, in capitals however it was typed."""
    parse = one_of(*(name.lower() for name in names))
    return lambda typed: parse(typed.lower()).upper()


def number(low: float, high: float, unit: str = "") -> Callable[[str], float]:
    """A number within `low` and `high`, both included."""
    expected = f"expected a number from {low:.10g} to {high:.10g} {unit}".rstrip()

    def parse(typed: str) -> float:
        try:
            value = float(typed)
        except ValueError:
            raise ValueError(expected) from None
        if not low <= value <= high:
            raise ValueError(expected)
        return value

    return parse


def whole_number(low: int, high: int) -> Callable[[str], int]:
    """A whole number within `low` and `high`, both included."""

    def parse(typed: str) -> int:
        if not re.fullmatch(r"[0-9]{1,9}", typed) or not low <= int(typed) <= high:
            raise ValueError(f"expected a whole number from {low} to {high}")
        return int(typed)

    return parse


port = whole_number(1, 65535)
payload_type = whole_number(0, 127)


def milliseconds(low: float, high: float) -> Callable[[str], float]:
    """Milliseconds as typed, seconds as returned."""
    parse = number(low, high, "ms")
    return lambda typed: parse(typed) / 1000


def idle_timeout(typed: str) -> float | None:
    """Seconds; `off` and 0 are None."""
    if typed.lower() == "off":
        return None
    try:
        return number(0, 1e9)(typed) or None
    except ValueError:
        raise ValueError("expected seconds, or off") from None


def bit_rate(typed: str) -> int:
    """Bits per second, as ffmpeg writes it: `2M`, `800k`, `2000000`."""
    match = re.fullmatch(r"([0-9]{1,12}(?:\.[0-9]{1,9})?)([kKmMgG]?)", typed)
    if match is None:
        raise ValueError("expected bits per second such as 2M, 800k or 2000000")
    rate = round(float(match[1]) * _SUFFIXES[match[2].lower()])
    if not BIT_RATE_LIMITS[0] <= rate <= BIT_RATE_LIMITS[1]:
        raise ValueError("expected bits per second from 16k to 200M")
    return rate


def frame_rate(typed: str) -> Fraction:
    """Frames per second: `30`, `29.97`, `30000/1001`."""
    if re.fullmatch(r"[0-9]{1,9}(\.[0-9]{1,9}|/[0-9]{1,9})?", typed):
        try:
            rate = Fraction(typed)
        except ZeroDivisionError:
            rate = Fraction(0)
        if Fraction(1, 10) <= rate <= 240:
            return rate
    raise ValueError("expected frames per second from 0.1 to 240 such as 30, 29.97 or 30000/1001")


def interval(low: float, high: float) -> Callable[[str], tuple[float, float]]:
    """Two numbers within `low` and `high`, the first the smaller one: `0.1,0.9`."""
    expected = f"expected LOW,HIGH from {low:.10g} to {high:.10g}, LOW the smaller one, such as 0.1,0.9"

    def parse(typed: str) -> tuple[float, float]:
        try:
            first, second = map(float, typed.split(","))
        except ValueError:
            raise ValueError(expected) from None
        if not low <= first < second <= high:
            raise ValueError(expected)
        return first, second

    return parse


def plate(typed: str) -> PlateImage | FirstFrames | Learned:
    """A clean plate: an image file, `first:N` frames, or `learn`."""
    if typed == "learn":
        return Learned()
    kind, _, count = typed.partition(":")
    if kind != "first":
        return PlateImage(path(typed))
    try:
        return FirstFrames(whole_number(0, 999_999_999)(count))
    except (ValueError, EffectError):
        raise ValueError(f"expected first:N with 1 to {LONGEST_LEARNING} frames, such as first:30") from None


def address(typed: str) -> str:
    """A numeric IPv4 or IPv6 address of this machine."""
    try:
        return str(ipaddress.ip_address(typed.strip("[]")))
    except ValueError:
        raise ValueError("expected an IPv4 or IPv6 address such as 0.0.0.0, 192.0.2.7 or ::1") from None
