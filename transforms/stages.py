"""The stages of a pipeline: each timed, and whatever goes wrong in one makes the picture unsure."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from time import perf_counter

from transforms.background import BackgroundFailed
from transforms.matting import NotReady

logger = logging.getLogger(__name__)


class Unsure(Exception):  # noqa: N818  (a state of affairs, not a fault)
    """This picture cannot be composited. `reason`: why, in a few words; `confidence`: the matte's, 0 where none is."""

    def __init__(self, reason: str, confidence: float) -> None:
        super().__init__(reason)
        self.reason = reason
        self.confidence = confidence


class Stages:
    """One pipeline's. A kind of failure is logged once."""

    def __init__(self) -> None:
        self._logged: set[tuple[str, type[Exception]]] = set()

    @contextmanager
    def __call__(self, name: str, timings: dict[str, float]) -> Iterator[None]:
        """Time what is done within, in seconds under its name.

        Raises:
            Unsure: whatever went wrong within.
        """
        started = perf_counter()
        try:
            yield
        except Unsure:
            raise
        except (NotReady, BackgroundFailed) as told:
            raise Unsure(str(told), 0.0) from told
        except Exception as error:
            if (name, type(error)) not in self._logged:
                self._logged.add((name, type(error)))
                logger.exception("stage %s failed; something else is shown in its place", name)
            raise Unsure(f"{name} failed", 0.0) from error
        finally:
            timings[name] = perf_counter() - started
