"""The person matting: drawn persons before drawn rooms, and a segmenter that knows them roughly."""

from __future__ import annotations

from transforms import catalog, effect
from transforms.person.matting import PersonKeyer


def test_catalog_makes_a_selfie_matting() -> None:
    """`SelfieKey` is the person matting."""
    made = catalog.matting(effect.Effect(effect.SelfieKey(), effect.ColorBackground(effect.Color(0, 0, 0))))
    assert isinstance(made, PersonKeyer)
    made.close()
