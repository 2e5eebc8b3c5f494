"""Specs as TOML: what is said, what is refused, and those that come with changebg."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from transforms.model.spec import MatteOutput, ModelInputs, ModelSpec, PictureInput, Ratio, State
from transforms.model.spec_file import LARGEST, read, shipped, words_for
from transforms.model.spec_text import as_toml
from transforms.model.spec_words import SECTIONS, STATE, TOP, parse, spec_names
from transforms.picture import Size
from transforms.runtime.network import ModelError

ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
SOME = st.sampled_from(["input", "output", "plate", "ratio", "run", "state", "constants", "match", "title", "base"])
KEYS = st.sampled_from(["name", "size", "mean", "class", "longest", "input", "output", "shape", "scale", "gap", "fit"])


def spec(folder: Path, text: str) -> Path:
    path = folder / "spec.toml"
    path.write_text(text)
    return path


def test_the_documentation_has_every_word_and_nothing_else() -> None:
    document = (Path(__file__).parents[1] / "docs" / "models.md").read_text()
    told = tomllib.loads(document.partition("```toml\n")[2].partition("```")[0])
    parse(told, name="docs/models.md")
    assert set(TOP) <= set(told)
    assert set(STATE) == set(told["state"][0])
    for section in set(SECTIONS) - {"match"}:
        assert set(SECTIONS[section]) == set(told[section]), section
    for name in set(spec_names()):
        assert f"| `{name}` |" in document


def test_a_spec_lies_beside_its_model_and_is_not_needed(tmp_path: Path) -> None:
    assert words_for(tmp_path / "net.onnx", None) is None
    (tmp_path / "net.toml").write_text('title = "Net"')
    assert words_for(tmp_path / "net.onnx", None) == {"title": "Net"}


def test_the_spec_named_counts_and_not_the_one_beside_the_model(tmp_path: Path) -> None:
    (tmp_path / "net.toml").write_text('title = "beside"')
    named = spec(tmp_path, 'title = "named"')
    assert words_for(tmp_path / "net.onnx", named) == {"title": "named"}


@pytest.mark.parametrize("name", ["rvm", "modnet", "pp-humanseg", "background-matting-v2", "u2net"])
def test_the_specs_of_well_known_models_come_along_by_name_with_title_licence_and_source(name: str) -> None:
    words = words_for(Path("anything.onnx"), Path(name))
    assert words is not None
    assert words["title"]
    assert words["license"]
    assert words["source"].startswith("https://")


def test_every_spec_that_comes_along_makes_sense() -> None:
    assert len(spec_names()) >= 7
    for name in spec_names():
        assert shipped(name)["title"]


def test_a_spec_with_a_base_changes_only_what_it_names(tmp_path: Path) -> None:
    words = read(spec(tmp_path, 'base = "modnet"\n[input]\nsize = [512, 288]\n'))
    assert words["input"]["size"] == (512, 288)
    assert words["input"]["mean"] == (0.5, 0.5, 0.5)
    assert words["output"]["kind"] == "alpha"


def test_one_number_of_pixels_is_that_of_each_quality() -> None:
    assert parse({"input": {"longest": 400}}, name="spec")["input"]["longest"] == {
        "fast": 400,
        "balanced": 400,
        "best": 400,
    }


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("tile = 'x'", "'tile' is none of title"),
        ("[input]\nsise = [1, 2]", "[input] 'sise' is none of name"),
        ("[input]\nsize = [0, 2]", "input.size"),
        ("[input]\nsize = [100000, 2]", "whole number of 1 to 4096"),
        ("[input]\nstd = [1, 0, 1]", "not 0"),
        ("[input]\nscale = nan", "input.scale"),
        ("[input]\nlayout = 'chwn'", "nchw or nhwc"),
        ("[output]\nclass = -1", "output.class"),
        ("[output]\nkind = 'mask'", "alpha or probability or logits or labels"),
        ("[input]\nlongest = {fast = 100}", "a table of fast, balanced, best"),
        ("[run]\nwarm_up = 1000", "run.warm_up"),
        ("base = 'resnet'", "one of background-matting-v2"),
        ("state = 5", "[[state]]"),
        ("input = 5", "a section [input]"),
        ("[input", "is no TOML"),
        ("\x00", "is no TOML"),
    ],
)
def test_what_makes_no_sense_is_refused_in_one_line_that_names_it(tmp_path: Path, text: str, told: str) -> None:
    path = spec(tmp_path, text)
    with pytest.raises(ModelError) as refusal:
        read(path)
    assert told in str(refusal.value)
    assert str(path) in str(refusal.value)
    assert "\n" not in str(refusal.value).strip()


def test_a_spec_that_is_not_there_or_is_no_spec_at_all_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"none\.toml is not there: expected a TOML file, or one of"):
        read(tmp_path / "none.toml")
    with pytest.raises(ModelError, match="too large"):
        read(spec(tmp_path, "#" * (LARGEST + 1)))
    (tmp_path / "spec.toml").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(ModelError, match="is no TOML"):
        read(tmp_path / "spec.toml")


@given(st.dictionaries(SOME, ANYTHING | st.dictionaries(KEYS, ANYTHING, max_size=4), max_size=4))
def test_any_words_are_taken_or_refused(document: dict[str, object]) -> None:
    try:
        words = parse(document, name="spec")
    except ModelError:
        return
    assert parse(words, name="spec") == words  # what was checked once is right for ever


def test_a_whole_spec_is_written_as_the_toml_that_says_it() -> None:
    whole = ModelSpec(
        ModelInputs(
            PictureInput('a "quoted" name', "nhwc", None, color="bgr", mean=(1.0, 2.0, 3.0)),
            "bgr",
            (State("r1i", "r1o", (1, 16, 1, 1)),),
            Ratio("ratio", {"fast": 1, "balanced": 2, "best": 3}),
            (("serving:0", 0.5),),
        ),
        MatteOutput("out", "logits", "flat", Size(20, 10), (1, 2), 0.5, refine=True),
        warm_up=3,
        title="Ü",
    )
    words = parse(tomllib.loads(as_toml(whole)), name="spec")
    assert words["input"]["name"] == 'a "quoted" name'
    assert (words["input"]["size"], words["input"]["color"], words["input"]["mean"]) == ("any", "bgr", (1.0, 2.0, 3.0))
    assert words["state"] == ({"input": "r1i", "output": "r1o", "shape": (1, 16, 1, 1)},)
    assert words["ratio"]["longest"] == {"fast": 1, "balanced": 2, "best": 3}
    assert words["constants"] == {"serving:0": 0.5}
    assert words["plate"] == {"input": "bgr"}
    assert (words["output"]["class"], words["output"]["size"], words["output"]["refine"]) == ((1, 2), (20, 10), True)
    assert words["run"] == {"warm_up": 3, "gap": 1.0}
