"""gateway.access: tokens, scopes, signed URLs and rates, without a server around them."""

from __future__ import annotations

import asyncio
import dataclasses
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

import pytest

from gateway.access import Access
from gateway.access.caller import ADMIN, SCOPES, Caller, Scope, scopes_of
from gateway.access.rates import BURST_SECONDS, MAX_ADDRESSES, CreationRates
from gateway.access.signed_urls import KEY_OCTETS, LONGEST, SignedUrls, kept_key
from gateway.access.tokens import Tokens, from_file, new_token, single
from gateway.errors import ArgumentError, Forbidden, TooOften, Unauthorized

SOMEBODY = "192.0.2.7"


class Calls:
    """Gives one session one token."""

    def session_of(self, token: str) -> str | None:
        return "s1" if token == "token-of-s1" else None


async def identify(access: Access, authorization: str | None = None, url: str = "/v1/sessions") -> Caller:
    parts = urlsplit(url)
    return await access.identify(
        authorization=authorization, path=parts.path, query=dict(parse_qsl(parts.query)), address=SOMEBODY
    )


def token_file(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "tokens"
    path.write_text(text)
    return path


async def test_nobody_needs_a_token_where_none_is_set_and_nobody_sees_the_room() -> None:
    caller = await identify(Access())
    assert caller.scopes == ADMIN
    with pytest.raises(Forbidden, match="snapshot-input"):
        caller.require("snapshot-input")


async def test_without_the_token_a_caller_is_unknown_and_may_nothing() -> None:
    caller = await identify(Access(Tokens([single("secret")])))
    for scope in SCOPES:
        with pytest.raises(Unauthorized):
            caller.require(scope)


@pytest.mark.parametrize(
    "shown", ["Bearer wrong", "Bearer ", "Bearer", "bearer secre", "Basic c2VjcmV0", "secret", "", "Bearer sécret"]
)
async def test_what_is_shown_and_wrong_is_refused_at_once(shown: str) -> None:
    with pytest.raises(Unauthorized) as refused:
        await identify(Access(Tokens([single("secret")])), shown)
    assert "secret" not in str(refused.value)


@pytest.mark.parametrize("shown", ["Bearer secret", "bearer secret", "BEARER  secret "])
async def test_the_operators_token_allows_all_but_the_room(shown: str) -> None:
    caller = await identify(Access(Tokens([single("secret")])), shown)
    assert caller.scopes == ADMIN
    assert caller.may("control", session="s1")
    assert not caller.may("snapshot-input", session="s1")


async def test_a_sessions_token_opens_that_session_and_no_other() -> None:
    caller = await identify(Access(Tokens([single("secret")]), sessions=Calls()), "Bearer token-of-s1")
    caller.require("control", session="s1")
    caller.require("publish", session="s1")
    with pytest.raises(Forbidden, match="one session"):
        caller.require("control", session="s2")
    with pytest.raises(Forbidden, match="one session"):
        caller.require("watch")
    with pytest.raises(Forbidden, match="snapshot-input"):
        caller.require("snapshot-input", session="s1")


async def test_a_file_names_tokens_and_what_each_may(tmp_path: Path) -> None:
    path = token_file(
        tmp_path, "# who may\n\nstudio=abc=:publish\ndesk = d:e:f : watch, snapshot-input\nboss=x:admin\n"
    )
    access = Access(Tokens(await asyncio.to_thread(from_file, path)))
    studio, desk, boss = [await identify(access, f"Bearer {token}") for token in ("abc=", "d:e:f", "x")]
    assert (studio.name, desk.name, boss.name) == ("studio", "desk", "boss")
    assert studio.scopes == {"publish"}
    assert desk.scopes == {"watch", "snapshot-input"}
    assert boss.scopes == ADMIN


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("a=secret:publish\nnonsense-secret\n", "line 2: expected name=token:scope,scope"),
        ("a=secret\n", "line 1: expected name=token:scope,scope"),
        ("a=:publish\n", "line 1: expected name=token:scope,scope"),
        ("a=secret:publish,pray\n", "line 1: 'pray' is no scope: expected publish, watch"),
        ("# nobody\n", "no token in it"),
    ],
)
def test_a_wrong_line_is_named_by_its_number_and_never_shown(text: str, sentence: str, tmp_path: Path) -> None:
    with pytest.raises(ArgumentError) as refused:
        from_file(token_file(tmp_path, text))
    assert sentence in str(refused.value)
    assert "secret" not in str(refused.value)


@pytest.mark.parametrize("content", [b"\xff\xfe", b"x" * (1 << 20) + b"=y:watch"])
def test_a_file_that_is_none_is_refused(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "tokens"
    path.write_bytes(content)
    with pytest.raises(ArgumentError, match="--token-file"):
        from_file(path)
    with pytest.raises(ArgumentError, match="No such file"):
        from_file(tmp_path / "none")


def test_no_object_shows_a_token() -> None:
    token = new_token()
    grant = single(token)
    assert token not in f"{grant!r}{dataclasses.asdict(grant)}{vars(Tokens([grant]))}"
    assert len({new_token() for _ in range(100)}) == 100


@pytest.mark.parametrize(
    ("words", "scopes"),
    [
        ("publish,watch", {"publish", "watch"}),
        ("publish watch", {"publish", "watch"}),
        (["control"], {"control"}),
        ("admin", ADMIN),
        ("admin,snapshot-input", {*ADMIN, "snapshot-input"}),
        ("", set()),
    ],
)
def test_scopes_are_words_and_admin_is_all_but_the_room(words: str | list[str], scopes: set[Scope]) -> None:
    assert scopes_of(words) == scopes


class Clock:
    """Seconds, as told."""

    now = 1_000_000.0

    def __call__(self) -> float:
        return self.now


async def test_a_signed_url_publishes_on_its_path_until_it_expires() -> None:
    clock = Clock()
    access = Access(Tokens([single("secret")]), urls=SignedUrls(clock=clock))
    url = access.urls.sign("/whip/my studio", seconds=60)
    assert url.startswith("/whip/my%20studio?expires=")
    signed = url.replace("%20", " ")
    caller = await identify(access, url=signed)
    assert caller.scopes == {"publish"}
    clock.now += 60
    with pytest.raises(Unauthorized, match="expired"):
        await identify(access, url=signed)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("/whip/a", "/whip/b"),
        ("expires=1", "expires=2"),
        ("expires=1", "expires=-1"),
        ("expires=1000060", "expires="),
        ("expires=1000060&", ""),
        ("expires=1000060", "expires=" + "9" * 400),
        ("signature=", "signature=x"),
    ],
)
async def test_a_signed_url_that_was_changed_opens_nothing(old: str, new: str) -> None:
    access = Access(Tokens([single("secret")]), urls=SignedUrls(clock=Clock()))
    url = access.urls.sign("/whip/a", seconds=60)
    assert old in url
    with pytest.raises(Unauthorized, match="signature"):
        await identify(access, url=url.replace(old, new, 1))


def test_another_servers_signature_is_none() -> None:
    url = urlsplit(SignedUrls().sign("/whip/a", seconds=60))
    with pytest.raises(Unauthorized):
        SignedUrls().check(url.path, dict(parse_qsl(url.query)))


def test_no_url_is_signed_for_longer_than_a_month() -> None:
    clock = Clock()
    query = dict(parse_qsl(urlsplit(SignedUrls(clock=clock).sign("/whip/a", seconds=1e12)).query))
    assert int(query["expires"]) == clock.now + LONGEST


def test_the_key_of_signed_urls_outlives_a_restart_and_is_its_owners(tmp_path: Path) -> None:
    key = kept_key(tmp_path)
    assert kept_key(tmp_path) == key
    assert len(key) == KEY_OCTETS
    assert (tmp_path / "url.key").stat().st_mode & 0o777 == 0o600


def test_an_address_that_makes_too_much_waits_and_others_do_not() -> None:
    clock = Clock()
    rates = CreationRates(2.0, clock=clock)
    for _ in range(int(2 * BURST_SECONDS)):
        rates.take("192.0.2.7")
    with pytest.raises(TooOften) as refused:
        rates.take("192.0.2.7")
    assert refused.value.retry_after == pytest.approx(0.5)
    rates.take("192.0.2.8")
    clock.now += 0.5
    rates.take("192.0.2.7")
    with pytest.raises(TooOften):
        rates.take("192.0.2.7")


def test_a_site_of_ipv6_counts_as_one_address() -> None:
    rates = CreationRates(0.01, clock=Clock())
    rates.take("2001:db8::1")
    with pytest.raises(TooOften):
        rates.take("2001:db8::ffff")
    rates.take("2001:db8:0:1::1")


def test_loopback_is_free_unless_a_rate_was_given() -> None:
    free = CreationRates(clock=Clock())
    for _ in range(10_000):
        free.take("127.0.0.1")
    counted = CreationRates(0.01, clock=Clock())
    counted.take("127.0.0.1")
    with pytest.raises(TooOften):
        counted.take("::1")


def test_the_buckets_are_bounded() -> None:
    rates = CreationRates(clock=Clock())
    for number in range(MAX_ADDRESSES + 100):
        rates.take(f"10.{number >> 16}.{number >> 8 & 255}.{number & 255}")
    assert len(rates._buckets) == MAX_ADDRESSES
