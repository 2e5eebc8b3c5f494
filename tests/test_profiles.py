"""Effects kept by name."""

from __future__ import annotations

from pathlib import Path

import pytest

from gateway import profiles as profiles_module
from gateway.effect import EffectModel
from gateway.errors import ArgumentError, NotFound, PreconditionFailed, StoreFull
from gateway.profiles import Profiles

GREY = EffectModel.model_validate({"background": {"kind": "color", "color": "202020"}})
NIGHT = EffectModel.model_validate({"background": {"kind": "image", "source": "builtin:night"}, "quality": "fast"})


def _files(folder: Path) -> list[str]:
    return sorted(place.name for place in folder.iterdir())


async def test_a_profile_is_what_was_put_after_a_restart_too(tmp_path: Path) -> None:
    async with Profiles(tmp_path / "made" / "anew") as profiles:
        await profiles.put("studio-2", GREY)
        kept = await profiles.put("studio-2", NIGHT)
        assert profiles.get("studio-2") == kept
    async with Profiles(tmp_path / "made" / "anew") as profiles:
        assert list(profiles) == [kept]
        assert kept.effect == NIGHT


async def test_its_etag_is_of_its_content(tmp_path: Path) -> None:
    async with Profiles(tmp_path) as profiles:
        first, other, again = [(await profiles.put("a", effect)).etag for effect in (GREY, NIGHT, GREY)]
    assert first == again != other
    assert first.startswith('"')


async def test_a_change_of_what_is_another_by_now_is_refused(tmp_path: Path) -> None:
    async with Profiles(tmp_path) as profiles:
        old = await profiles.put("a", GREY)
        await profiles.put("a", NIGHT, if_match=lambda etag: etag == old.etag)
        with pytest.raises(PreconditionFailed):
            await profiles.put("a", GREY, if_match=lambda etag: etag == old.etag)
        with pytest.raises(PreconditionFailed):
            await profiles.delete("a", if_match=lambda etag: etag == old.etag)
        assert profiles.get("a").effect == NIGHT


async def test_a_deleted_profile_is_gone(tmp_path: Path) -> None:
    async with Profiles(tmp_path) as profiles:
        await profiles.put("a", GREY)
        await profiles.delete("a")
        with pytest.raises(NotFound):
            profiles.get("a")
        with pytest.raises(NotFound):
            await profiles.delete("a")
    assert _files(tmp_path) == []


@pytest.mark.parametrize("name", ["", "-a", "A", "a" * 65, "../a", "a/b", "a.json", "a\n", "ä", "a b", ".."])
async def test_a_name_that_is_no_word_is_refused(tmp_path: Path, name: str) -> None:
    async with Profiles(tmp_path) as profiles:
        with pytest.raises(ArgumentError):
            await profiles.put(name, GREY)
        with pytest.raises(NotFound):
            profiles.get(name)
    assert _files(tmp_path) == []


async def test_a_file_that_is_no_profile_any_more_is_left_out_and_left_there(tmp_path: Path) -> None:
    (tmp_path / "broken.json").write_text('{"matting": {"kind": "magic"}}')
    (tmp_path / "half.incoming").write_text("{")
    async with Profiles(tmp_path) as profiles:
        await profiles.put("good", GREY)
        assert [profile.name for profile in profiles] == ["good"]
    assert _files(tmp_path) == ["broken.json", "good.json"]


async def test_there_are_only_so_many(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(profiles_module, "MOST_PROFILES", 1)
    async with Profiles(tmp_path) as profiles:
        await profiles.put("a", GREY)
        await profiles.put("a", NIGHT)
        with pytest.raises(StoreFull):
            await profiles.put("b", GREY)
