"""What an operation takes, gives and needs, said beside its handler; `/openapi.json` is made of it.

    @operation(tag="sessions", summary="End a session", scope="control", answers={204: Answer("it ended")})
    async def delete_session(request: web.Request) -> web.Response: ...

The handler's name is the `operationId`, its docstring the description. Path parameters are read from the route.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, TypeVar

from aiohttp import web
from pydantic import BaseModel

from gateway.access.caller import Scope

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
H = TypeVar("H", bound=Handler)

Schema = Mapping[str, Any]
Content = Mapping[str, type[BaseModel] | Schema]
"""By media type: a model, or a JSON Schema of what no model describes."""

TEXT: Schema = {"type": "string"}
BINARY: Schema = {"type": "string", "format": "binary"}


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer of an operation. `headers`: what each of those it adds says."""

    description: str
    content: Content = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Parameter:
    """A parameter in the query, or in a header."""

    name: str
    description: str
    schema: Schema = field(default_factory=lambda: TEXT)
    place: str = "query"


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """One operation.

    `scope`: what its caller must be allowed to, `any` for whoever is known, None for anybody. `problems`: its own error
    statuses; those that any operation may answer (401, 403…) are added.
    """

    tag: str
    summary: str
    scope: Scope | Literal["any"] | None
    answers: Mapping[int, Answer]
    problems: tuple[int, ...] = ()
    body: Content | None = None
    body_required: bool = True
    parameters: tuple[Parameter, ...] = ()


def operation(
    *,
    tag: str,
    summary: str,
    scope: Scope | Literal["any"] | None,
    answers: Mapping[int, Answer],
    problems: tuple[int, ...] = (),
    body: Content | None = None,
    body_required: bool = True,
    parameters: tuple[Parameter, ...] = (),
) -> Callable[[H], H]:
    """Say of a handler what `Operation` holds. The handler itself asks for the scope and reads the body."""

    def described(handler: H) -> H:
        handler.__dict__["operation"] = Operation(
            tag=tag,
            summary=summary,
            scope=scope,
            answers=answers,
            problems=problems,
            body=body,
            body_required=body_required,
            parameters=parameters,
        )
        return handler

    return described


def operation_of(handler: object) -> Operation | None:
    """What was said of a handler; None where nothing was: it is no part of the API that `/openapi.json` describes."""
    found = getattr(handler, "operation", None)
    return found if isinstance(found, Operation) else None
