"""Which of the things that a model tells apart are to be foreground."""

from __future__ import annotations

from collections.abc import Sequence

from transforms.runtime.network import ModelError

PERSONS = frozenset({"person", "people", "human", "selfie"})
"""What models call a whole person; one that knows only parts of persons has none of these."""

BACKGROUNDS = frozenset({"background", "_background_", "bg"})
"""What models call whatever they were not taught to see."""

CHAIRS = frozenset({"chair", "armchair", "swivel chair", "stool", "seat", "sofa", "couch"})
"""What one sits on, in the words of PASCAL VOC, COCO and ADE20K."""

MOST_TOLD, LONGEST_LABEL = 24, 32
"""Categories that a message names, and letters of each: PASCAL VOC's fit in, ADE20K's 150 would fill the screen."""


def foreground(
    labels: Sequence[str], *, name: str, categories: Sequence[str] = (), chair: bool = False
) -> tuple[int, ...]:
    """The numbers of the categories that are foreground, ascending, each once.

    `labels`: what the model calls its categories, empty where it does not say; `name`: what messages call the model.
    `categories`: those asked for, by label or by number; none: persons, or where a model knows none as such, all but
    the background. `chair`: what one sits on, too.

    Raises:
        ModelError: the model has no such category.
    """
    known = [label.strip().casefold() for label in labels]
    chosen = {_number(category, known, name) for category in categories} or _persons(known)
    if chair:
        chairs = {number for number, label in enumerate(known) if label in CHAIRS}
        if not chairs:
            raise ModelError(f"{name} knows no chair; {_what_it_knows(known)}")
        chosen |= chairs
    return tuple(sorted(chosen))


def _number(category: str, known: Sequence[str], name: str) -> int:
    wanted = category.strip().casefold()
    if wanted in known and wanted:
        return known.index(wanted)
    if wanted in (numbers := [str(number) for number in range(len(known))]):
        return numbers.index(wanted)
    raise ModelError(f"{name} has no category {category[:LONGEST_LABEL]!r}; {_what_it_knows(known)}")


def _persons(known: Sequence[str]) -> set[int]:
    everything = set(range(len(known)))
    if persons := {number for number in everything if known[number] in PERSONS}:
        return persons
    behind = {number for number in everything if known[number] in BACKGROUNDS}
    # By custom the background is the first, where there is more than one and nothing is called so.
    return everything - (behind or ({0} if len(known) > 1 else set()))


def _what_it_knows(known: Sequence[str]) -> str:
    told = [f"{number} {label[:LONGEST_LABEL]}".rstrip() for number, label in enumerate(known[:MOST_TOLD])]
    return "it knows " + ", ".join(told) + (f" and {len(known) - MOST_TOLD} more" if len(known) > MOST_TOLD else "")
