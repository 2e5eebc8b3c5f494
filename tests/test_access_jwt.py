"""gateway.access.jwt: only tokens that one of the operator's keys signed, in the way of that key."""

from __future__ import annotations

import base64
import hmac
import json
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import jwt
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from hypothesis import given
from hypothesis import strategies as st

from gateway.access import Access
from gateway.access.jwt import REFRESH, Claims, JwtKeys, public_keys
from gateway.access.key_sets import fetching
from gateway.errors import ArgumentError, GatewayError, Unauthorized

RSA = rsa.generate_private_key(65537, 2048)
ED = ed25519.Ed25519PrivateKey.generate()
EC = ec.generate_private_key(ec.SECP256R1())
PRIVATE: dict[str, Any] = {"RS256": RSA, "EdDSA": ED, "ES256": EC}


def jwk(algorithm: str, private: Any, **more: str) -> dict[str, Any]:
    made = jwt.get_algorithm_by_name(algorithm).to_jwk(private.public_key(), as_dict=True)
    return {**made, "kid": algorithm, **more}


SET = json.dumps({"keys": [jwk(name, key) for name, key in PRIVATE.items()]})


def token(algorithm: str = "ES256", /, headers: dict[str, Any] | None = None, **claims: Any) -> str:
    claims.setdefault("exp", datetime.now(UTC) + timedelta(minutes=5))
    said = {name: value for name, value in claims.items() if value is not None}
    header = {"kid": algorithm, **(headers or {})}
    named = {name: value for name, value in header.items() if value is not None}
    return jwt.encode(said, PRIVATE[algorithm], algorithm, headers=named)


def part(content: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(content).encode()).rstrip(b"=").decode()


class Source:
    """A key set that can be changed, and counts how often it is fetched."""

    def __init__(self, text: str = SET) -> None:
        self.text: str | None = text
        self.fetched = 0

    async def __call__(self) -> str:
        self.fetched += 1
        if self.text is None:
            raise GatewayError("--jwks: cannot be fetched")
        return self.text


async def keys(source: Source | None = None, **more: Any) -> JwtKeys:
    made = JwtKeys(source or Source(), **more)
    await made.load()
    return made


@pytest.mark.parametrize("algorithm", PRIVATE)
async def test_a_signed_token_says_who_and_what(algorithm: str) -> None:
    claims = await (await keys()).check(token(algorithm, sub="ada", scope="publish watch openid", session="s1"))
    assert claims == Claims("ada", frozenset({"publish", "watch"}), "s1")


async def test_scopes_may_be_a_list_or_nothing() -> None:
    assert (await (await keys()).check(token(scopes=["control", "email"]))).scopes == {"control"}
    assert (await (await keys()).check(token())).scopes == set()


async def test_a_caller_may_what_the_token_says_with_the_session_it_says() -> None:
    access = Access(keys=await keys())
    shown = f"Bearer {token(scope='control', session='s1')}"
    caller = await access.identify(authorization=shown, path="/", query={}, address="192.0.2.1")
    assert caller.may("control", session="s1")
    assert not caller.may("control", session="s2")
    assert not caller.may("watch", session="s1")
    assert not (await access.identify(authorization=None, path="/", query={}, address="")).is_known


def forged_by_hmac() -> str:
    """The known public key taken for a shared secret (CVE-2015-9235)."""
    pem = RSA.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    signed = f"{part({'alg': 'HS256', 'kid': 'RS256'})}.{part({'exp': 9999999999, 'scope': 'admin'})}"
    digest = hmac.digest(pem, signed.encode(), "sha256")
    return f"{signed}.{base64.urlsafe_b64encode(digest).rstrip(b'=').decode()}"


LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)
STRANGER = ec.generate_private_key(ec.SECP256R1())

WRONG = {
    "none": f"{part({'alg': 'none', 'kid': 'ES256'})}.{part({'exp': 9999999999})}.",
    "None": f"{part({'alg': 'None'})}.{part({'exp': 9999999999})}.",
    "HS256 with the public key": forged_by_hmac(),
    "expired": token(exp=LONG_AGO),
    "not yet": token(nbf=datetime.now(UTC) + timedelta(hours=1)),
    "without an end": token(exp=None),
    "for somebody else": token(aud="bank"),
    "signed by a stranger": jwt.encode({"exp": 9999999999}, STRANGER, "ES256", headers={"kid": "ES256"}),
    "another key's algorithm": token("RS256", headers={"kid": "ES256"}),
    "an unknown key": token(headers={"kid": "of-nobody"}),
    "a key of its own": jwt.encode({"exp": 9999999999}, STRANGER, "ES256", headers={"jwk": jwk("ES256", STRANGER)}),
    "an extension": token(headers={"crit": ["b64"], "b64": True}),
    "a session that is no text": token(session=["s1"]),
    "RS512": jwt.encode({"exp": 9999999999}, RSA, "RS512", headers={"kid": "RS256"}),
    "cut": token()[:-10],
    "garbage": "a.b.c",
    "long": "a" * 10_000 + ".b.c",
}


@pytest.mark.parametrize("wrong", WRONG.values(), ids=WRONG.keys())
async def test_a_token_that_is_not_right_is_refused(wrong: str) -> None:
    with pytest.raises(Unauthorized, match="the token is not valid"):
        await (await keys()).check(wrong)


@given(st.text(max_size=60), st.binary(max_size=60))
async def test_no_text_raises_anything_else(text: str, octets: bytes) -> None:
    checking = await keys()
    for shown in (text, f"{part({'alg': 'ES256'})}.{text}.{text}", base64.urlsafe_b64encode(octets).decode() + ".."):
        with pytest.raises(Unauthorized):
            await checking.check(shown)


async def test_audience_and_issuer_are_asked_for_where_the_operator_says() -> None:
    strict = await keys(audience="calls", issuer="https://id.example")
    assert (await strict.check(token(aud=["calls", "x"], iss="https://id.example", sub="ada"))).name == "ada"
    wrong: tuple[dict[str, Any], ...] = (
        {"aud": "calls"},
        {"iss": "https://id.example"},
        {"aud": "changebg", "iss": "https://id.example"},
    )
    for claims in wrong:
        with pytest.raises(Unauthorized):
            await strict.check(token(**claims))
    assert (await (await keys()).check(token(aud="changebg"))).name == "jwt"


async def test_a_new_key_is_found_and_a_stranger_cannot_make_us_fetch_often() -> None:
    now = [1000.0]
    source = Source(json.dumps({"keys": [jwk("RS256", RSA)]}))
    checking = await keys(source, clock=lambda: now[0])
    source.text = SET
    for _ in range(5):
        with pytest.raises(Unauthorized, match="no key of ours"):
            await checking.check(token("EdDSA"))
    assert source.fetched == 1
    now[0] += REFRESH
    assert (await checking.check(token("EdDSA", sub="ada"))).name == "ada"
    assert source.fetched == 2


async def test_a_set_that_cannot_be_fetched_again_leaves_the_known_keys_good() -> None:
    now = [1000.0]
    source = Source()
    checking = await keys(source, clock=lambda: now[0])
    now[0] += REFRESH
    source.text = None
    with pytest.raises(Unauthorized, match="nor can keys be fetched"):
        await checking.check(token(headers={"kid": "new"}))
    assert (await checking.check(token(sub="ada"))).name == "ada"


async def test_a_token_without_a_kid_has_the_one_key_of_its_algorithm() -> None:
    assert (await (await keys()).check(token(headers={"kid": None}, sub="ada"))).name == "ada"
    two = Source(json.dumps({"keys": [jwk("ES256", EC, kid="a"), jwk("ES256", STRANGER, kid="b")]}))
    with pytest.raises(Unauthorized):
        await (await keys(two)).check(token(headers={"kid": None}))


SMALL = rsa.generate_private_key(65537, 1024)


@pytest.mark.parametrize(
    "entry",
    [
        {"kty": "oct", "k": "c2VjcmV0", "kid": "x", "alg": "HS256"},
        jwk("RS256", RSA, alg="HS256"),
        jwk("RS256", RSA, alg="RS512"),
        jwk("RS256", RSA, use="enc"),
        jwk("RS256", SMALL),
        jwk("ES256", EC, crv="P-384"),
        {"kty": "EC", "crv": "P-256", "x": "AA", "y": "AA"},
        {"kty": "OKP", "crv": "X25519", "x": "AA"},
    ],
)
def test_a_key_that_is_not_taken_is_none(entry: dict[str, Any]) -> None:
    with pytest.raises(ArgumentError, match="no key for EdDSA, ES256, RS256"):
        public_keys(json.dumps({"keys": [entry]}))
    assert len(public_keys(json.dumps({"keys": [entry, jwk("EdDSA", ED)]}))) == 1


def test_a_private_half_left_in_the_set_is_not_read() -> None:
    entry = jwt.get_algorithm_by_name("ES256").to_jwk(EC, as_dict=True)
    assert "d" in entry
    assert isinstance(public_keys(json.dumps({"keys": [entry]}))[0].key, ec.EllipticCurvePublicKey)


@pytest.mark.parametrize("text", ["", "{}", "[]", "null", '{"keys": 1}', '{"keys": [1]}', '{"keys": [{}]}', "[" * 9999])
def test_what_is_no_set_is_refused(text: str) -> None:
    with pytest.raises(ArgumentError, match="--jwks: not a JWK set"):
        public_keys(text)


async def test_a_set_is_read_from_a_file(tmp_path: Path) -> None:
    path = tmp_path / "jwks.json"
    with pytest.raises(ArgumentError, match="No such file"):
        await fetching(str(path))()
    path.write_text(SET)
    assert await fetching(str(path))() == SET
    path.write_bytes(b" " * ((1 << 20) + 1))
    with pytest.raises(ArgumentError, match="larger than 1 MiB"):
        await fetching(str(path))()


@asynccontextmanager
async def website(**pages: web.StreamResponse) -> AsyncIterator[str]:
    """A server of key sets; its root."""

    async def page(request: web.Request) -> web.StreamResponse:
        return pages[request.match_info["name"]]

    app = web.Application()
    app.router.add_get("/{name}", page)
    async with TestServer(app) as server:
        yield str(server.make_url("/"))


async def test_a_set_is_fetched_from_the_url_that_was_named() -> None:
    async with website(keys=web.Response(text=SET)) as root:
        checking = JwtKeys(fetching(f"{root}keys"))
        await checking.load()
        assert (await checking.check(token(sub="ada"))).name == "ada"


@pytest.mark.parametrize(
    ("page", "sentence"),
    [
        (web.Response(status=302, headers={"Location": "/keys"}), "answered 302"),
        (web.Response(status=503), "answered 503"),
        (web.Response(body=b" " * ((1 << 20) + 1)), "larger than 1 MiB"),
    ],
)
async def test_no_other_answer_is_a_set(page: web.Response, sentence: str) -> None:
    async with website(page=page, keys=web.Response(text=SET)) as root:
        with pytest.raises(GatewayError, match=sentence):
            await fetching(f"{root}page")()


async def test_a_server_that_is_not_there_is_said_so() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        with pytest.raises(GatewayError, match="cannot be fetched"):
            await fetching(f"http://127.0.0.1:{taken.getsockname()[1]}/keys")()
