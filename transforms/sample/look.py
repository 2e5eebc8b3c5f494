"""How the sample person looks: colours in linear light, chosen by a seed."""

from __future__ import annotations

from dataclasses import dataclass, replace

from transforms.sample.sketch import Rgb, linear


@dataclass(frozen=True, slots=True)
class Look:
    """The person's colours. `hair` runs from its darkest to its lightest strand (R'G'B' 0..255); the rest is linear."""

    skin: Rgb
    blush: Rgb
    lips: Rgb
    iris: Rgb
    brow: Rgb
    hair: tuple[tuple[int, int, int], tuple[int, int, int]]
    jacket: Rgb
    shirt: Rgb

    @classmethod
    def of(cls, seed: int) -> Look:
        """The seed's person: 0 is the one of the demo, 1 and 2 are the others of `LOOKS`, from 3 on they are mixed."""
        skin, hair, clothes = (LOOKS[(seed + seed // step) % len(LOOKS)] for step in (seed + 1, 3, 9))
        return replace(skin, iris=hair.iris, brow=hair.brow, hair=hair.hair, jacket=clothes.jacket, shirt=clothes.shirt)


LOOKS = (
    Look(
        skin=linear(226, 172, 140),
        blush=linear(214, 120, 98),
        lips=linear(178, 82, 78),
        iris=linear(122, 82, 48),
        brow=linear(58, 36, 26),
        hair=((38, 22, 15), (140, 88, 52)),
        jacket=linear(122, 48, 52),
        shirt=linear(236, 226, 210),
    ),
    Look(
        skin=linear(142, 92, 66),
        blush=linear(150, 76, 58),
        lips=linear(126, 58, 56),
        iris=linear(70, 44, 28),
        brow=linear(24, 17, 15),
        hair=((16, 12, 12), (74, 56, 48)),
        jacket=linear(186, 128, 52),
        shirt=linear(250, 244, 232),
    ),
    Look(
        skin=linear(240, 198, 172),
        blush=linear(228, 142, 124),
        lips=linear(196, 100, 96),
        iris=linear(96, 120, 110),
        brow=linear(128, 88, 52),
        hair=((104, 68, 36), (226, 184, 122)),
        jacket=linear(66, 62, 66),
        shirt=linear(238, 206, 196),
    ),
)
