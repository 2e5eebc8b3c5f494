"""Errors as answers: RFC 9457 `application/problem+json`, in one middleware, the outermost.

`type` names the kind of problem (a URN from our error's name; `about:blank` where the status says it all), `detail` is
the error's sentence, `errors` says of a body that does not fit where and why. Nothing bad that comes in is a 500: that
status means a mistake of ours, which is logged here once, and told to nobody outside.
"""

from __future__ import annotations

import logging
import math
import re
from collections.abc import Awaitable, Callable, Mapping
from http import HTTPStatus

from aiohttp import web
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from gateway.api.validation import FieldError, InvalidBody, invalid_body
from gateway.errors import Conflict, GatewayError
from transforms.effect import EffectError

logger = logging.getLogger(__name__)

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

PROBLEM_TYPE = "application/problem+json"


class Problem(BaseModel):
    """RFC 9457 §3."""

    model_config = ConfigDict(frozen=True)

    type: str = Field(default="about:blank", description="the kind of problem")
    title: str = Field(description="the kind in words")
    status: int = Field(description="HTTP's status code")
    detail: str | None = Field(default=None, description="a sentence about this occurrence, the offending value in it")
    instance: str | None = Field(default=None, description="the path it occurred at")
    errors: tuple[FieldError, ...] | None = Field(default=None, description="what of the body is wrong, and where")


def problem_response(problem: Problem, headers: Mapping[str, str] | None = None) -> web.Response:
    """The answer that tells of a problem."""
    body = problem.model_dump_json(exclude_none=True).encode()
    return web.Response(body=body, status=problem.status, content_type=PROBLEM_TYPE, headers=headers)


@web.middleware
async def problems(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Answer what a handler raises."""
    try:
        return await handler(request)
    except web.HTTPException as error:
        if error.status < HTTPStatus.BAD_REQUEST:
            raise
        return _of_http(request, error)
    except ValidationError as error:
        return _of_ours(request, invalid_body(error))
    except (GatewayError, EffectError) as error:
        return _of_ours(request, error)
    except Exception:
        logger.exception("%s %s failed", request.method, _route(request))
        return problem_response(_problem(request, 500, "an error of ours; the log of the server has it"))


def _of_ours(request: web.Request, error: GatewayError | EffectError) -> web.Response:
    status = error.status if isinstance(error, GatewayError) else 422
    if status >= 500 and not isinstance(error, Conflict):
        logger.error("%s %s: %s", request.method, _route(request), error)
    kind = "urn:changebg:problem:" + re.sub(r"(?<!^)(?=[A-Z])", "-", type(error).__name__).lower()
    headers = {}
    if isinstance(error, Conflict) and error.retry_after is not None:
        headers["Retry-After"] = str(max(1, math.ceil(error.retry_after)))
    problem = _problem(request, status, str(error), kind=kind)
    if isinstance(error, InvalidBody):
        problem = problem.model_copy(update={"errors": error.errors})
    return problem_response(problem, headers)


def _of_http(request: web.Request, error: web.HTTPException) -> web.Response:
    """What aiohttp raises by itself: no such route, method not allowed…, with the headers that belong to it."""
    headers = {name: value for name, value in error.headers.items() if name not in ("Content-Type", "Content-Length")}
    detail = None if error.text in (None, f"{error.status}: {error.reason}") else error.text
    return problem_response(_problem(request, error.status, detail), headers)


def _route(request: web.Request) -> str:
    """The route's template: a path may hold what is nobody else's to read."""
    resource = request.match_info.route.resource
    return "?" if resource is None else resource.canonical


def _problem(request: web.Request, status: int, detail: str | None, *, kind: str = "about:blank") -> Problem:
    title = HTTPStatus(status).phrase if status in HTTPStatus._value2member_map_ else "Error"
    return Problem(type=kind, title=title, status=status, detail=detail, instance=request.path[:256])
