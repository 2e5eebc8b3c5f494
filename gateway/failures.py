"""Several failures at once, as a task group raises them, told as one."""

from __future__ import annotations

from collections.abc import Iterator

from gateway.errors import GatewayError
from transforms.effect import EffectError


def told(group: BaseExceptionGroup[BaseException]) -> BaseException:
    """What a caller is told of them: the first that is meant for it, else the first."""
    failures = list(leaves(group))
    return next((failure for failure in failures if isinstance(failure, GatewayError | EffectError)), failures[0])


def leaves(group: BaseExceptionGroup[BaseException]) -> Iterator[BaseException]:
    """The exceptions of a group and of the groups in it."""
    for failure in group.exceptions:
        if isinstance(failure, BaseExceptionGroup):
            yield from leaves(failure)
        else:
            yield failure
