"""Which matting is in use, when another takes its place, and how."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from tests.mattings import LeftHalf, never_ready
from tests.screens import GREEN, SIZE, SKIN, bust, drawn
from tests.twins import amend as twin
from transforms import catalog, effect
from transforms.auto.agreement import agreement, is_nobodys
from transforms.auto.choice import GRACE, LONGEST_PROOF, PROOF, RAREST, SOUGHT, Choice, Part, Search
from transforms.auto.crossfade import LASTS, CrossFade
from transforms.auto.keyer import AutoKeyer
from transforms.auto.onlooker import Onlooker
from transforms.cells import Cells
from transforms.kernels.fade import fade
from transforms.matting import Matte, hand_over
from transforms.picture import Matrix, Picture, Size
from transforms.relative_key import RelativeKeyer
from transforms.screen import ScreenKeyer

PLAIN = Picture.blank(Size(160, 120), matrix=Matrix.BT601, full_range=False)
BEFORE_GREEN = drawn(GREEN, SKIN, bust())
BLACK_BACKGROUND = effect.ColorBackground(effect.Color(0, 0, 0))

Samples = NDArray[np.uint8]


class Blind:
    """A person prior that can say nothing, or the same of every cell."""

    def __init__(self, chance: int = 128) -> None:
        self.chance = chance

    def person(self, picture: Picture, time: float) -> Samples:
        return np.full(Cells(picture).count, self.chance, np.uint8)


class Persons(LeftHalf):
    """Sure of its mattes as long as it is told so."""

    def __init__(self) -> None:
        super().__init__()
        self.is_sure = True
        self.every = 1

    def matte(self, picture: Picture, time: float) -> Matte:
        return Matte(super().matte(picture, time).alpha, None, float(self.is_sure), 0.5, "too dark")


class Seen(Persons):
    """Sees the whole bust, and the upper left corner too."""

    def matte(self, picture: Picture, time: float) -> Matte:
        alpha = (bust() * 255).astype(np.uint8)
        alpha[:8, :8] = 255
        return Matte(alpha)


def keyer(person: LeftHalf | None = None) -> AutoKeyer:
    return AutoKeyer(ScreenKeyer(None), person or Persons(), Onlooker(Blind()))


def used(auto: AutoKeyer) -> str:
    return "screen" if auto.key_color else "person"


# Which


def test_the_other_takes_over_at_once_from_one_that_is_unsure() -> None:
    choice = Choice("screen")
    assert choice.replaces(True, 0.0)
    assert not choice.replaces(False, 0.0)


def test_after_darkness_the_one_that_was_in_use_has_the_first_word() -> None:
    choice = Choice("screen")
    assert not choice.replaces(False, 0.0)
    assert not choice.replaces(True, 1.0)
    choice.keep()
    assert choice.used == "screen"
    assert not choice.replaces(False, 2.0)
    assert not choice.replaces(True, 3.0)
    assert choice.replaces(True, 3.01 + GRACE)


def test_a_screen_must_prove_itself_for_longer_each_time_it_was_lost() -> None:
    choice = Choice("screen")
    times = []
    for _ in range(7):
        choice.use("person")
        waited = next(n for n in range(10000) if choice.proves(True, n / 100)) / 100
        times.append(waited)
        choice.use("screen")
    assert times[0] == pytest.approx(2 * PROOF, abs=0.02)
    assert times == sorted(times)
    assert times[-1] == pytest.approx(LONGEST_PROOF, abs=0.02)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.booleans(), st.booleans()), min_size=30, max_size=120))
def test_whatever_the_parts_say_there_is_no_going_back_and_forth(said: list[tuple[bool, bool]]) -> None:
    choice, switches = Choice("screen"), [0.0]
    for number, (screen, person) in enumerate(said):
        time = number / 10
        before = choice.used
        assert before is not None
        sure: dict[Part | None, bool] = {"screen": screen, "person": person}
        if sure[before]:
            choice.keep()
            if before == "person" and choice.proves(screen, time):
                choice.use("screen")
                assert time - switches[-1] >= PROOF
        elif choice.replaces(sure[choice.other], time):
            choice.use(choice.other)
        if choice.used != before:
            assert sure[choice.used]
            switches.append(time)


def looked(until: float, *, found: tuple[float, float]) -> list[float]:
    """When a screen is looked for whose colour is found for a while, and which is never sure."""
    search, looks = Search(), []
    for number in range(round(30 * until)):
        time = number / 30
        if search.is_due(time):
            looks.append(time)
            search.looked(time, is_sure=False, is_found=found[0] < time < found[1])
    return looks


def test_a_screen_is_sought_seldom_but_followed_up_when_it_promises() -> None:
    looks = looked(4.0, found=(1.9, 2.4))
    assert len([time for time in looks if time < 1.9]) <= 1.9 / SOUGHT + 1
    assert len([time for time in looks if 1.9 < time < 2.4]) >= 8
    assert len([time for time in looks if time > 2.5]) <= 1.5 / SOUGHT + 1


def test_a_screen_that_never_keeps_its_promise_is_looked_at_ever_more_seldom() -> None:
    looks = looked(60.0, found=(0.0, 60.0))
    assert len([time for time in looks if time > 30]) < 0.2 * 30 * 30
    assert max(np.diff(looks)) <= RAREST + 0.1


# How


@settings(max_examples=30, deadline=None)
@given(weight=st.integers(0, 256), seed=st.integers(0, 2**32 - 1))
def test_fading_is_its_twin(weight: int, seed: int) -> None:
    before, after = np.random.default_rng(seed).integers(0, 256, (2, 777), dtype=np.uint8)
    out = np.empty_like(before)
    fade(before, after, weight, out)
    assert (out == twin.faded(before, after, weight)).all()


def test_alpha_goes_evenly_from_one_matte_to_the_other_of_any_size() -> None:
    before, after = Matte(np.zeros((121, 160), np.uint8)), Matte(np.full((61, 80), 255, np.uint8))
    crossfade, means = CrossFade(), []
    crossfade.begin(5.0)
    for number in range(12):
        matte = crossfade.mixed(before, after, 5.0 + number / 30)
        assert matte.alpha.flags.c_contiguous
        means.append(float(matte.alpha.mean()))
    assert means[0] == 0 and means[-1] == 255
    assert max(np.diff(means)) < 255 / (30 * LASTS) + 1
    assert not crossfade.is_on
    assert crossfade.mixed(before, after, 6.0) is after


def test_agreement_is_shared_over_claimed_area() -> None:
    matte, person = np.zeros((120, 160), np.uint8), np.zeros((60, 80), np.uint8)
    matte[:, :80], person[:, :40] = 255, 255
    assert agreement(matte, person) == 1.0
    matte[:, :] = 255
    assert agreement(matte, person) == pytest.approx(0.5)
    assert agreement(matte, np.zeros((60, 80), np.uint8)) is None
    assert agreement(matte, np.full((60, 80), 128, np.uint8)) is None


@pytest.mark.parametrize(
    ("shown", "chance", "expected"), [(60, 0, True), (0, 0, False), (60, 128, False), (60, 255, False)]
)
def test_what_is_shown_where_nobody_is_is_nobodys(shown: int, chance: int, expected: bool) -> None:
    matte = np.zeros((120, 160), np.uint8)
    matte[:shown] = 255
    assert is_nobodys(matte, np.full((60, 80), chance, np.uint8)) is expected


# Both


def test_a_screen_is_keyed_from_the_first_picture_on() -> None:
    auto, alone = keyer(), ScreenKeyer(None)
    found = [auto.matte(BEFORE_GREEN, number / 30) for number in range(4)]
    ideal = [alone.matte(BEFORE_GREEN, number / 30) for number in range(4)]
    assert all((one.alpha == other.alpha).all() for one, other in zip(found, ideal, strict=True))
    assert found[0].note is not None and found[0].note.startswith("screen 0")
    assert found[0].note.endswith("found: keyed")
    assert [matte.note for matte in found[1:]] == [None] * 3


def test_without_a_screen_persons_are_told_by_their_shape() -> None:
    auto = keyer()
    matte = auto.matte(PLAIN, 0.0)
    assert matte.is_sure and matte.alpha[0, 0] == 255 and matte.alpha[0, -1] == 0
    assert matte.note == "no screen: persons are told by their shape"
    assert auto.key_color is None


def test_a_screen_that_goes_is_left_at_once_and_said_so() -> None:
    auto = keyer()
    auto.matte(BEFORE_GREEN, 0.0)
    matte = auto.matte(PLAIN, 0.1)
    assert matte.is_sure and matte.alpha[0, 0] == 255
    assert matte.note is not None and matte.note.startswith("the screen is gone (")


def test_a_screen_that_comes_is_faded_in_once_it_was_there_for_a_while() -> None:
    auto = keyer(Seen())
    auto.matte(PLAIN, 0.0)
    notes, corner = [], []
    for number in range(1, 60):
        matte = auto.matte(BEFORE_GREEN, number / 30)
        assert matte.is_sure
        notes.append(matte.note)
        corner.append(int(matte.alpha.reshape(-1)[0]))
    assert [note for note in notes if note] == [note for note in notes if note and "found: keyed" in note]
    began = next(number for number, note in enumerate(notes) if note)
    assert began / 30 >= PROOF - 0.05
    assert corner[0] == 255 and corner[-1] == 0
    assert max(-np.diff(corner)) < 255 / (30 * LASTS) + 10


def test_where_nothing_can_be_trusted_the_matte_is_unsure_and_says_why() -> None:
    person = Persons()
    person.is_sure = False
    matte = keyer(person).matte(PLAIN, 0.0)
    assert not matte.is_sure
    assert matte.reason


def test_persons_that_are_not_ready_leave_the_screen_to_it() -> None:
    assert keyer(never_ready()).matte(BEFORE_GREEN, 0.0).is_sure
    assert not keyer(never_ready()).matte(PLAIN, 0.0).is_sure


def test_persons_are_not_looked_for_before_a_screen_nor_a_screen_at_every_picture_beside_them() -> None:
    person = Persons()
    auto = keyer(person)
    for number in range(20):
        auto.matte(BEFORE_GREEN, number / 30)
    assert not person.times


def test_a_matte_that_no_shape_agrees_with_is_not_shown() -> None:
    class Elsewhere(Blind):
        def person(self, picture: Picture, time: float) -> Samples:
            cells = Cells(picture)
            shown = np.zeros(cells.shape, np.uint8)
            shown[: cells.shape[0] // 4, : cells.shape[1] // 3] = 255
            return shown.reshape(-1)

    uneven = drawn(GREEN, SKIN, bust())
    uneven.cb.rows[:] = uneven.cb.rows + 3.5 * np.sin(np.arange(SIZE.chroma.width) / 3)
    auto = AutoKeyer(ScreenKeyer(None), Persons(), Onlooker(Elsewhere()))
    alone = ScreenKeyer(None)
    assert alone.matte(uneven, 0.0).is_sure
    assert alone.key_color is not None and alone.key_color.flatness < 0.1
    assert auto.matte(uneven, 0.0).alpha[-1, 0] == 255
    assert used(auto) == "person"


def of_bust(picture: Picture) -> Samples:
    """A person prior's word where there is the bust."""
    cells = Cells(picture)
    rows, columns = cells.shape
    return np.ascontiguousarray(bust(Size(columns, rows)) * 255).astype(np.uint8).reshape(-1)


def test_things_before_a_wall_that_was_never_agreed_on_are_the_room() -> None:
    auto = AutoKeyer(ScreenKeyer(None), Persons(), Onlooker(Blind(0)))
    alone = ScreenKeyer(None).matte(BEFORE_GREEN, 0.0)
    assert alone.is_sure
    for number in range(60):
        assert auto.matte(BEFORE_GREEN, number / 10).alpha[-1, 0] == 255
    assert used(auto) == "person"


def test_things_before_a_screen_that_was_agreed_on_stay() -> None:
    class Leaves(Blind):
        def person(self, picture: Picture, time: float) -> Samples:
            return of_bust(picture) if time < 1 else super().person(picture, time)

    auto = AutoKeyer(ScreenKeyer(None), Persons(), Onlooker(Leaves(0)))
    for number in range(60):
        auto.matte(BEFORE_GREEN, number / 10)
    assert used(auto) == "screen"


# Changes of effect


def test_what_a_matting_knew_goes_over_to_its_successor_part_by_part() -> None:
    screen = ScreenKeyer(None)
    screen.matte(BEFORE_GREEN, 0.0)
    auto = keyer()
    hand_over(screen, auto)
    assert auto.search is screen.search
    auto.matte(BEFORE_GREEN, 0.1)
    quick, again = RelativeKeyer(None), ScreenKeyer(None)
    hand_over(auto, quick)
    assert quick.search is auto.search
    hand_over(auto, again)
    assert again.key_color is not None and again.key_color.accepted


def test_a_live_call_goes_from_a_screen_to_auto_and_back_without_a_cover() -> None:
    wanted: list[effect.Matting] = [
        effect.ScreenKey(),
        effect.AutoKey(),
        effect.SelfieKey(),
        effect.AutoKey(),
        effect.ScreenKey(),
    ]
    pipeline = catalog.pipeline(effect.Effect(wanted[0], BLACK_BACKGROUND))
    shown = []
    for number, matting in enumerate(wanted):
        pipeline.take(catalog.with_changes(pipeline, effect.Effect(matting, BLACK_BACKGROUND)))
        shown += [pipeline(BEFORE_GREEN, number + place / 30).shown for place in range(3)]
    pipeline.close()
    assert set(shown) == {"composite"}


@pytest.mark.parametrize("quality", ["fast", "balanced"])
def test_the_pace_reaches_the_network(quality: effect.Quality) -> None:
    auto = catalog.matting(effect.Effect(effect.AutoKey(), BLACK_BACKGROUND, quality))
    assert isinstance(auto, AutoKeyer)
    auto.every = 3
    assert getattr(auto.person, "every", None) == 3
    auto.close()
