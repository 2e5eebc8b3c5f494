"""What a session is made of."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from gateway.call.leg import Leg
from gateway.events import Events
from gateway.legs import Input, Output
from gateway.serving import ServerSettings

if TYPE_CHECKING:
    from gateway.effect import Assets, EffectModel
    from transforms.pipeline import Pipeline


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionParts:
    """Given by `Sessions`. `on_left` is told of each leg that is gone."""

    id: str
    settings: ServerSettings
    events: Events
    assets: Assets
    input: Input
    output: Output
    effect: EffectModel
    pipeline: Pipeline
    name: str | None
    labels: Mapping[str, str]
    on_left: Callable[[Leg], None]
