"""The models that effects may name."""

from __future__ import annotations

from typing import Literal

from aiohttp import web
from pydantic import Field

from gateway.api.answers import answer
from gateway.api.models import Given
from gateway.api.operation import Answer, operation
from gateway.api.server import server_of


class ModelFile(Given):
    """A model that effects may name by its `name`. `octets`: of its file; `title`: what it is."""

    name: str
    format: Literal["onnx", "tflite", "task"]
    octets: int
    title: str
    licence: str | None = Field(default=None, description="as its spec or its own metadata says")
    categories: list[str] = Field(description="what a model of several classes tells apart, by number")
    problem: str | None = Field(default=None, description="why it cannot be used")


class ModelFilesModel(Given):
    """The models there are, by name."""

    models: list[ModelFile]


def routes() -> list[web.RouteDef]:
    """What this file answers."""
    return [web.get("/v1/models", list_models)]


@operation(
    tag="effects",
    summary="List the models that effects may name",
    scope="any",
    answers={200: Answer("the models", {"application/json": ModelFilesModel})},
)
async def list_models(request: web.Request) -> web.Response:
    """Those below the folder that the server was started with: `{"kind": "model", "model": NAME}` cuts out by one."""
    listed = await server_of(request).models.listed()
    return answer(ModelFilesModel(models=[ModelFile.model_validate(each, from_attributes=True) for each in listed]))
