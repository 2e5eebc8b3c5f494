"""Scratch that streams share."""

from __future__ import annotations

import gc
import weakref

import pytest

from transforms.scratch import Scratch, shared


class Thing:
    pass


def test_one_is_enough_for_borrowers_in_turn_and_each_at_once_has_its_own() -> None:
    scratch = Scratch(Thing)
    with scratch.lent() as first:
        pass
    with scratch.lent() as again, scratch.lent() as other:
        assert again is first
        assert other is not first
    with scratch.lent() as one, scratch.lent() as two:
        assert {one, two} == {first, other}


def test_what_is_lent_comes_back_from_a_borrower_who_fails() -> None:
    scratch = Scratch(Thing)
    with pytest.raises(ValueError, match="mine"), scratch.lent() as first:
        raise ValueError("mine")
    with scratch.lent() as again:
        assert again is first


def test_it_is_freed_with_the_last_who_may_borrow() -> None:
    one, other = shared("things", Thing), shared("things", Thing)
    assert one is other
    assert shared("other things", Thing) is not one
    with one.lent() as thing:
        freed = weakref.ref(thing)
    del thing, one
    gc.collect()
    assert freed() is not None
    del other
    gc.collect()
    assert freed() is None
