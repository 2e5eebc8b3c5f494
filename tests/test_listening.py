from __future__ import annotations

import pytest

from gateway.listening import listening_address
from gateway.rtp.sdp import Connection

ANY = "0.0.0.0"


@pytest.mark.parametrize(
    ("connection", "bind", "expected"),
    [
        (None, None, (ANY, None)),
        (None, "127.0.0.1", ("127.0.0.1", None)),
        (Connection("127.0.0.1"), None, ("127.0.0.1", None)),
        (Connection("127.0.0.1"), "127.0.0.2", ("127.0.0.2", None)),
        (Connection("localhost"), None, ("127.0.0.1", None)),
        (Connection("nowhere.invalid"), None, (ANY, None)),
        (Connection("nowhere.invalid"), "127.0.0.2", ("127.0.0.2", None)),
        (Connection(ANY), None, (ANY, None)),
        (Connection("192.0.2.7"), None, (ANY, None)),
        (Connection("2001:db8::7"), None, ("::", None)),
        (Connection("239.1.2.3", 4), None, (ANY, "239.1.2.3")),
        (Connection("239.1.2.3", 4), "127.0.0.1", ("127.0.0.1", "239.1.2.3")),
        (Connection("ff15::7"), None, ("::", "ff15::7")),
    ],
)
async def test_where_to_listen(
    connection: Connection | None, bind: str | None, expected: tuple[str, str | None]
) -> None:
    assert await listening_address(connection, bind) == expected
