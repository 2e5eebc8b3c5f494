"""`/openapi.json`: the API described (OpenAPI 3.1).

It is made from the routes, from what is said beside each handler, and from the models that validate: what it says and
what the server does cannot part.
"""

from __future__ import annotations

import inspect
import json
import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from aiohttp import web
from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from gateway.access.guard import public
from gateway.api.operation import Answer, Content, Operation, Parameter, operation, operation_of
from gateway.api.problems import PROBLEM_TYPE, Problem

REF = "#/components/schemas/{model}"

IN_PATH: Mapping[str, str] = {
    "id": "an id, as it was answered when the thing was made",
    "name": "a word of a-z, 0-9 and -, 64 at most",
    "resource": "a connection's own name, from the Location it was answered with",
}
"""What path parameters are."""

DOCUMENT: Final = web.AppKey("openapi", bytes)


def routes() -> list[web.RouteDef]:
    """The description's route; it needs `DOCUMENT` in the application."""
    return [web.get("/openapi.json", get_openapi)]


@public
@operation(
    tag="operation",
    summary="Get this description",
    scope=None,
    answers={200: Answer("OpenAPI 3.1", {"application/json": {"type": "object"}})},
)
async def get_openapi(request: web.Request) -> web.Response:
    """The API, for programs that write clients and for people who read."""
    return web.Response(body=request.app[DOCUMENT], content_type="application/json")


def described(app: web.Application, *, version: str) -> bytes:
    """The description of an application whose routes are all there, as JSON."""
    return json.dumps(description(app, version=version)).encode()


def description(app: web.Application, *, version: str) -> dict[str, Any]:
    """The description of an application whose routes are all there."""
    found = list(_operations(app))
    names, schemas = _schemas({model for _, _, _, operation in found for model in _models(operation)})
    paths: dict[str, dict[str, Any]] = {}
    for method, path, handler, each in found:
        paths.setdefault(path, {})[method] = _described(path, handler, each, names)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "changebg",
            "version": version,
            "summary": "Background replacement for live calls",
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "paths": paths,
        "components": {
            "schemas": schemas,
            "responses": {"Problem": _problem("what went wrong (RFC 9457)", names)},
            "securitySchemes": {
                "bearer": {"type": "http", "scheme": "bearer", "description": "a token, a session's token, or a JWT"}
            },
        },
    }


def _operations(app: web.Application) -> Iterator[tuple[str, str, Any, Operation]]:
    """Method, path, handler and what is said of it."""
    for route in app.router.routes():
        said = operation_of(route.handler)
        if said is not None and route.resource is not None and route.method != "HEAD":
            yield route.method.lower(), route.resource.canonical, route.handler, said


def _models(said: Operation) -> Iterator[type[BaseModel]]:
    yield Problem
    contents = [said.body or {}, *(answer.content for answer in said.answers.values())]
    for content in contents:
        yield from (model for model in content.values() if isinstance(model, type))


def _schemas(models: set[type[BaseModel]]) -> tuple[dict[type[BaseModel], Any], dict[str, Any]]:
    """How to refer to each model, and the schemas of all."""
    ordered = sorted(models, key=lambda model: model.__name__)
    by_model, document = models_json_schema([(model, "validation") for model in ordered], ref_template=REF)
    return {model: by_model[model, "validation"] for model in ordered}, document["$defs"]


def _described(path: str, handler: Any, said: Operation, names: Mapping[type[BaseModel], Any]) -> dict[str, Any]:
    operation: dict[str, Any] = {
        "operationId": handler.__name__,
        "tags": [said.tag],
        "summary": said.summary,
        "description": inspect.getdoc(handler) or said.summary,
        "security": [] if said.scope is None else [{"bearer": [] if said.scope == "any" else [said.scope]}],
        "responses": _responses(said, names),
    }
    if parameters := [*_path_parameters(path), *map(_parameter, said.parameters)]:
        operation["parameters"] = parameters
    if said.body is not None:
        operation["requestBody"] = {"required": said.body_required, "content": _content(said.body, names)}
    return operation


def _responses(said: Operation, names: Mapping[type[BaseModel], Any]) -> dict[str, Any]:
    answers = {str(status): _answer(answer, names) for status, answer in said.answers.items()}
    problems = {str(status): {"$ref": "#/components/responses/Problem"} for status in sorted(_statuses(said))}
    return answers | problems | {"default": {"$ref": "#/components/responses/Problem"}}


def _statuses(said: Operation) -> set[int]:
    """The error statuses of an operation: its own, those of who may, and those of bodies."""
    access = set() if said.scope is None else {401, 403}
    body = set() if said.body is None else {400, 408, 413, 415}
    return {*said.problems, *access, *body}


def _answer(answer: Answer, names: Mapping[type[BaseModel], Any]) -> dict[str, Any]:
    told: dict[str, Any] = {"description": answer.description}
    if answer.content:
        told["content"] = _content(answer.content, names)
    if answer.headers:
        told["headers"] = {
            name: {"description": what, "schema": {"type": "string"}} for name, what in answer.headers.items()
        }
    return told


def _content(content: Content, names: Mapping[type[BaseModel], Any]) -> dict[str, Any]:
    return {
        media_type: {"schema": names[schema] if isinstance(schema, type) else dict(schema)}
        for media_type, schema in content.items()
    }


def _problem(description: str, names: Mapping[type[BaseModel], Any]) -> dict[str, Any]:
    return {"description": description, "content": {PROBLEM_TYPE: {"schema": names[Problem]}}}


def _path_parameters(path: str) -> Iterator[dict[str, Any]]:
    for name in re.findall(r"\{(\w+)\}", path):
        schema = {"type": "string"}
        yield {"name": name, "in": "path", "required": True, "description": IN_PATH.get(name, name), "schema": schema}


def _parameter(said: Parameter) -> dict[str, Any]:
    return {"name": said.name, "in": said.place, "description": said.description, "schema": dict(said.schema)}
