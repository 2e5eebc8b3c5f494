"""What the API takes and gives: models that validate, answer, and make `/openapi.json`.

Taken: nothing unknown, nothing converted. Times are unix seconds; whatever is not known or not there is left out.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints, model_validator

from gateway import legs
from gateway.effect import EffectModel
from gateway.errors import ArgumentError
from gateway.rtp.url import RtpUrl, parse_rtp_url


class Taken(BaseModel):
    """A body, or an object in one."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, allow_inf_nan=False)


class Given(BaseModel):
    """An answer, or an object in one."""

    model_config = ConfigDict(frozen=True)


def _usable_url(typed: str) -> str:
    try:
        parse_rtp_url(typed)
    except ArgumentError as error:
        raise ValueError(str(error)) from error
    return typed


def _printable(typed: str) -> str:
    if not typed.isprintable():
        raise ValueError("a control character is in it")
    return typed


Sdp = Annotated[str, StringConstraints(min_length=1), Field(description="RFC 8866, 64 KiB at most")]
Name = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9-]{0,63}$")]
SessionId = Annotated[str, StringConstraints(min_length=1, max_length=128)]
RtpUrlText = Annotated[
    str,
    StringConstraints(max_length=512),
    AfterValidator(_usable_url),
    Field(description="rtp://host:port, with ffmpeg's ?ttl= &rtcpport= &localrtpport= &pkt_size="),
]
LabelName = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_.-]{1,64}$")]
LabelValue = Annotated[str, StringConstraints(max_length=256), AfterValidator(_printable)]
Labels = Annotated[
    dict[LabelName, LabelValue],
    Field(max_length=16, description="whatever helps to tell sessions apart, in the log too"),
]


class OffererInputModel(Taken):
    """Whoever made the offer."""

    kind: Literal["offerer"] = "offerer"


class SessionInputModel(Taken):
    """Another session's composite: a watcher."""

    kind: Literal["session"]
    id: SessionId


class SdpInputModel(Taken):
    """RTP as this SDP describes it, to ports of ours."""

    kind: Literal["sdp"]
    sdp: Sdp

    def leg(self) -> legs.SdpInput:
        """As the session has it."""
        return legs.SdpInput(self.sdp)


class FileInputModel(Taken):
    """A file below the media directory, over and over."""

    kind: Literal["file"]
    source: str = Field(min_length=1, max_length=1024)

    def leg(self) -> legs.FileInput:
        """As the session has it."""
        return legs.FileInput(self.source)


class WhipInputModel(Taken):
    """Whoever publishes to `/whip/{name}`."""

    kind: Literal["whip"]
    name: Name

    def leg(self) -> legs.WhipInput:
        """As the session has it."""
        return legs.WhipInput(self.name)


class OffererOutputModel(Taken):
    """Back to whoever made the offer."""

    kind: Literal["offerer"] = "offerer"

    def leg(self) -> legs.OffererOutput:
        """As the session has it."""
        return legs.OffererOutput()


class RtpOutputModel(Taken):
    """Plain RTP, within the networks the server may send to."""

    kind: Literal["rtp"]
    url: RtpUrlText
    payload_type: int = Field(ge=0, le=127)
    audio: RtpUrlText | None = Field(default=None, description="where sound goes; without it none does")
    audio_payload_type: int | None = Field(default=None, ge=0, le=127)

    @model_validator(mode="after")
    def _of_sound(self) -> Self:
        if self.audio_payload_type is not None and self.audio is None:
            raise ValueError("audio_payload_type: there is no audio beside it")
        return self

    def leg(self) -> legs.RtpOutput:
        """As the session has it."""
        audio = None if self.audio is None else parse_rtp_url(self.audio)
        return legs.RtpOutput(parse_rtp_url(self.url), self.payload_type, audio, self.audio_payload_type)


class WhepOutputModel(Taken):
    """Whoever plays `/whep/{name}`."""

    kind: Literal["whep"]

    def leg(self) -> legs.WhepOutput:
        """As the session has it."""
        return legs.WhepOutput()


class _Asked(Taken):
    """An effect in full, or by the name of its profile; neither: the default one."""

    effect: EffectModel | None = None
    profile: Name | None = None
    labels: Labels = {}

    @model_validator(mode="after")
    def _one_effect(self) -> Self:
        if self.effect is not None and self.profile is not None:
            raise ValueError("effect beside profile: expected one of the two")
        return self


class OfferBody(_Asked):
    """An offer. `session` and `token`: of the call to come back to, whose browser was lost."""

    sdp: Sdp
    type: Literal["offer"] = "offer"
    input: Annotated[OffererInputModel | SessionInputModel, Field(discriminator="kind")] = OffererInputModel()
    output: Annotated[OffererOutputModel | RtpOutputModel, Field(discriminator="kind")] = OffererOutputModel()
    session: SessionId | None = None
    token: str | None = Field(default=None, min_length=1, max_length=512, repr=False)

    @model_validator(mode="after")
    def _whole(self) -> Self:
        if (self.session is None) != (self.token is None):
            raise ValueError("session and token belong together")
        is_watcher = self.input.kind == "session"
        if is_watcher and self.session is not None:
            raise ValueError("session: a watcher comes back to nothing")
        if is_watcher and (self.effect, self.profile) != (None, None):
            raise ValueError("effect: a watcher sees the session as it is")
        if is_watcher and self.output.kind == "rtp":
            raise ValueError("output: a session is watched by whoever made the offer")
        return self


class AnswerModel(Given):
    """An answer. `token`: the session's, told this once; none for a watcher."""

    sdp: str
    type: Literal["answer"] = "answer"
    session: str = Field(description="the session's id")
    location: str = Field(description="what to DELETE to hang up: the session, for a watcher its connection")
    token: str | None = Field(default=None, repr=False)
    connection: str = Field(description="this end of it: PATCH ICE candidates to it (RFC 8840), DELETE it to hang up")


class SessionBody(_Asked):
    """A session without an offer."""

    input: Annotated[SdpInputModel | FileInputModel | WhipInputModel, Field(discriminator="kind")]
    output: Annotated[RtpOutputModel | WhepOutputModel, Field(discriminator="kind")]


class LegModel(Given):
    """An end of a session: its kind, and what belongs to that (`name`, `source`, `url`, `payload_type`…)."""

    model_config = ConfigDict(frozen=True, extra="allow")

    kind: Literal["offerer", "sdp", "file", "whip", "rtp", "whep"]


class SessionModel(Given):
    """A session. `token`: told where it is made, once. `whip`, `whep`: URLs, the former signed where that is needed."""

    id: str
    name: str | None = None
    state: Literal["new", "live", "lost", "ended"] = Field(
        description="new: carries no media yet; lost: its browser is gone and may come back"
    )
    created: float
    expires: float | None = Field(default=None, description="when it ends unless it carries media by then")
    version: int = Field(description="of the effect; also its ETag")
    labels: dict[str, str]
    input: LegModel
    output: LegModel
    effect: EffectModel
    whip: str | None = None
    whep: str | None = None
    token: str | None = Field(default=None, repr=False)


class SessionsModel(Given):
    """The sessions there are, oldest first."""

    sessions: list[SessionModel]


class PatchBody(Taken):
    """A change. `effect`: a merge patch (RFC 7396) of `EffectModel`; a new `kind` replaces that object whole."""

    effect: dict[str, Any]


class AppliedModel(Given):
    """A change that holds. `applied_at`: from which moment on."""

    effect: EffectModel
    version: int
    applied_at: float


class PlateBody(Taken):
    """Take the next `frames` pictures for a clean plate."""

    frames: int = Field(default=30, ge=1, le=600)


class KeyColorModel(Given):
    """The key colour, rrggbb. `similarity`: what ffmpeg's chromakey would need; `reasons`: what speaks against it."""

    color: str | None
    similarity: float
    confidence: float
    accepted: bool
    reasons: list[str]


def leg_model(leg: legs.Input | legs.Output) -> LegModel:
    """An end of a session as it is shown. An SDP is not: it may hold keys."""
    match leg:
        case legs.OffererInput() | legs.OffererOutput():
            return LegModel(kind="offerer")
        case legs.SdpInput():
            return LegModel(kind="sdp")
        case legs.FileInput(source):
            return LegModel.model_validate({"kind": "file", "source": source})
        case legs.WhipInput(name):
            return LegModel.model_validate({"kind": "whip", "name": name})
        case legs.WhepOutput():
            return LegModel(kind="whep")
        case legs.RtpOutput(url, payload_type, audio):
            given = {"kind": "rtp", "url": _shown(url), "payload_type": payload_type}
            return LegModel.model_validate(given | ({"audio": _shown(audio)} if audio else {}))


def _shown(url: RtpUrl) -> str:
    return f"rtp://[{url.host}]:{url.port}" if ":" in url.host else f"rtp://{url.host}:{url.port}"
