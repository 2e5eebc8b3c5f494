"""`/v1/catalog`: what an effect can be, for whoever builds knobs of it."""

from __future__ import annotations

from functools import cache
from importlib.util import find_spec
from typing import Any

from aiohttp import web
from pydantic import Field

from gateway.api.answers import answer
from gateway.api.models import Given
from gateway.api.operation import Answer, operation
from gateway.api.server import server_of
from gateway.effect import EffectModel
from transforms.effect import Quality


class CatalogModel(Given):
    """What this server can do to a picture."""

    effect: dict[str, Any] = Field(description="the JSON Schema of an effect: every knob, its range and its default")
    default: dict[str, Any] = Field(description="the effect of a call that asked for none")
    mattings: list[str] = Field(description="the kinds of matting that this server has what it takes for")
    backgrounds: list[str] = Field(description="the kinds of background")


def routes() -> list[web.RouteDef]:
    """The catalog's route."""
    return [web.get("/v1/catalog", get_catalog)]


@operation(
    tag="effects",
    summary="See what an effect can be",
    scope="any",
    answers={200: Answer("what this server can do", {"application/json": CatalogModel})},
)
async def get_catalog(request: web.Request) -> web.Response:
    """Grows with the server: whoever builds its knobs from this offers what is there. It is of no call."""
    server = server_of(request)
    return answer(catalog(server.settings.quality, has_models=server.models.are_allowed))


@cache
def catalog(quality: Quality, *, has_models: bool) -> CatalogModel:
    """What there is; made once, as it takes some milliseconds.

    `quality`: of calls that name none; `has_models`: whether effects may name models.
    """
    lacking = {"mediapipe": find_spec("mediapipe") is None, "model": not has_models}
    schema = EffectModel.model_json_schema()
    return CatalogModel(
        effect=schema,
        default=EffectModel(quality=quality).document(),
        mattings=[kind for kind in _kinds(schema, "matting") if not lacking.get(kind)],
        backgrounds=_kinds(schema, "background"),
    )


def _kinds(schema: dict[str, Any], name: str) -> list[str]:
    """In the order in which they are described; the discriminator's own is the alphabet's."""
    by_model = {model: kind for kind, model in schema["properties"][name]["discriminator"]["mapping"].items()}
    return [by_model[kind["$ref"]] for kind in schema["properties"][name]["oneOf"]]
