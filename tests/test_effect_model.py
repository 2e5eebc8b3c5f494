"""An effect as JSON: what is taken, what is refused and how, what a merge patch makes of it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from gateway.api.validation import InvalidBody, invalid_body
from gateway.effect import AssetKind, EffectModel
from gateway.effect.geometry import GeometryModel
from gateway.errors import ArgumentError, NotFound
from gateway.geometry import AS_IT_COMES, Crop, Geometry
from transforms import effect as effects

TEAL = effects.Color(0x2A, 0x6A, 0x84)


class Shelf:
    """Two images, a video, a mask, two models and a spec."""

    def path(self, asset_id: str, kind: AssetKind) -> Path:
        if (asset_id, kind) in {("builtin:soft", "background"), ("a1b2", "plate"), ("c3d4", "mask"), ("e5f6", "video")}:
            return Path("/shelf") / asset_id
        raise NotFound(f"{asset_id}: none such")

    def model(self, name: str) -> Path:
        if name in {"rvm.onnx", "multiclass.task"}:
            return Path("/models") / name
        raise NotFound(f"{name!r}: none such")

    def model_spec(self, name: str) -> Path:
        if name == "portraits/rvm.toml":
            return Path("/models") / name
        raise NotFound(f"{name!r}: none such")


def _resolved(document: dict[str, Any]) -> effects.Effect:
    return EffectModel.model_validate(document).resolved(Shelf())


def test_nothing_said_is_whatever_can_be_trusted_over_a_background_of_ours() -> None:
    effect = _resolved({})
    assert effect.matting == effects.AutoKey()
    assert effect.background == effects.ImageBackground(Path("/shelf/builtin:soft"))
    assert (effect.quality, effect.view, effect.on_unsure, effect.edge) == (
        "balanced",
        "composite",
        "hold",
        effects.Edge(),
    )


@pytest.mark.parametrize(
    ("matting", "built"),
    [
        ({"kind": "chroma", "color": "0x2A6A84"}, effects.ScreenKey(TEAL)),
        ({"kind": "chroma", "color": "#2a6a84", "exact-color": True}, effects.ScreenKey(TEAL, exact=True)),
        ({"kind": "chroma", "shadow": "keep"}, effects.ScreenKey(shadow="keep")),
        ({"kind": "chroma", "color": "2a6a84", "blend": 0}, effects.FfmpegKey(TEAL, blend=0)),
        ({"kind": "chroma", "color": "2a6a84", "keyer": "ffmpeg"}, effects.FfmpegKey(TEAL)),
        ({"kind": "plate"}, effects.PlateKey(effects.Learned())),
        ({"kind": "plate", "plate": "first:30"}, effects.PlateKey(effects.FirstFrames(30))),
        ({"kind": "plate", "plate": "a1b2"}, effects.PlateKey(effects.PlateImage(Path("/shelf/a1b2")))),
        ({"kind": "selfie"}, effects.SelfieKey()),
        ({"kind": "selfie", "plate": "a1b2"}, effects.SelfieKey(effects.PlateImage(Path("/shelf/a1b2")))),
        ({"kind": "mediapipe"}, effects.MediapipeKey()),
        (
            {"kind": "mediapipe", "model": "multiclass.task", "category": ["hair", "4"], "chair": True},
            effects.MediapipeKey(Path("/models/multiclass.task"), ("hair", "4"), chair=True),
        ),
        ({"kind": "mediapipe", "category": "hair, 4"}, effects.MediapipeKey(categories=("hair", "4"))),
        ({"kind": "model", "model": "rvm.onnx"}, effects.ModelKey(Path("/models/rvm.onnx"))),
        (
            {"kind": "model", "model": "rvm.onnx", "model-spec": "portraits/rvm.toml", "plate": "first:3"},
            effects.ModelKey(
                Path("/models/rvm.onnx"), Path("/models/portraits/rvm.toml"), plate=effects.FirstFrames(3)
            ),
        ),
        ({"kind": "auto"}, effects.AutoKey()),
        ({"kind": "auto", "color": "2a6a84", "plate": "first:3"}, effects.AutoKey(TEAL, effects.FirstFrames(3))),
        ({"kind": "none"}, effects.NoMatting()),
    ],
)
def test_a_matting_means_what_it_means_on_the_command_line(matting: dict[str, Any], built: effects.Matting) -> None:
    assert _resolved({"matting": matting}).matting == built


SOFT, WAVES = Path("/shelf/builtin:soft"), Path("/shelf/e5f6")


@pytest.mark.parametrize(
    ("background", "built"),
    [
        ({"kind": "image"}, effects.ImageBackground(SOFT)),
        (
            {"kind": "image", "fit": "contain", "focus": [0.5, 0.25], "offset": [-400, -1600], "scale": 2},
            effects.ImageBackground(SOFT, effects.Placement("contain", (0.5, 0.25), (-400, -1600), 2)),
        ),
        ({"kind": "image", "focus": "0,1"}, effects.ImageBackground(SOFT, effects.Placement(focus=(0, 1)))),
        ({"kind": "video", "source": "e5f6"}, effects.VideoBackground(WAVES)),
        (
            {"kind": "video", "source": "e5f6", "fit": "none", "color": "#2A6A84"},
            effects.VideoBackground(WAVES, effects.Placement("none"), TEAL),
        ),
        ({"kind": "blur"}, effects.BlurBackground()),
        ({"kind": "blur", "strength": 1}, effects.BlurBackground(1)),
        ({"kind": "color", "color": "2a6a84"}, effects.ColorBackground(TEAL)),
    ],
)
def test_a_background_lies_where_it_is_put(background: dict[str, Any], built: effects.Background) -> None:
    assert _resolved({"background": background}).background == built


def test_another_kind_of_background_keeps_nothing_of_the_one_before() -> None:
    before = EffectModel.model_validate({"background": {"kind": "image", "fit": "contain", "scale": 2}})
    after = before.merged({"background": {"kind": "video", "source": "e5f6"}})
    assert after.resolved(Shelf()).background == effects.VideoBackground(WAVES)
    assert after.assets() == {"e5f6"}
    assert after.merged({"background": {"kind": "blur"}}).assets() == set()


@pytest.mark.parametrize(("kind", "source"), [("image", "e5f6"), ("video", "builtin:soft")])
def test_a_video_is_no_image(kind: str, source: str) -> None:
    with pytest.raises(ArgumentError, match=f"background.source '{source}': there is no such"):
        _resolved({"background": {"kind": kind, "source": source}})


def test_the_picture_is_cropped_turned_and_scaled_in_the_command_line_s_words() -> None:
    said = {"crop": "720x1280+700+1550", "rotate": 90, "size": "1280x720"}
    effect = EffectModel.model_validate({"geometry": said})
    assert effect.geometry.resolved() == Geometry(Crop(720, 1280, 700, 1550), 90, (1280, 720))
    assert effect.document()["geometry"] == said
    assert GeometryModel.of(effect.geometry.resolved()) == effect.geometry
    turned = effect.merged({"geometry": {"crop": None, "rotate": 180}})
    assert turned.geometry.resolved() == Geometry(None, 180, (1280, 720))
    assert EffectModel.model_validate({"geometry": {"crop": "640x360"}}).geometry.resolved().crop == Crop(640, 360)


def test_a_server_s_words_hold_where_an_effect_says_none() -> None:
    servers = Geometry(rotate=90)
    assert (
        EffectModel().at(quality="best", fade=0.5, geometry=servers).document()
        == EffectModel(quality="best", fade=0.5, geometry=GeometryModel(rotate=90)).document()
    )
    own = EffectModel(fade=0.0, geometry=GeometryModel())
    assert own.at(quality="fast", fade=0.5, geometry=servers).geometry.resolved() == AS_IT_COMES
    assert own.at(quality="fast", fade=0.5, geometry=servers).fade == 0


def test_an_edge_is_taken_in_either_spelling() -> None:
    said = {"clip": [0.1, 0.9], "shrink": 1, "feather": 0.5, "despill": 0, "garbage": "c3d4", "light-wrap": 0.5}
    built = effects.Edge(clip=(0.1, 0.9), shrink=1, feather=0.5, despill=0, garbage=Path("/shelf/c3d4"), light_wrap=0.5)
    assert _resolved({"edge": said, "on-unsure": "cover"}).edge == built
    assert _resolved({"edge": {**said, "clip": "0.1,0.9"}}).edge == built


@pytest.mark.parametrize(
    ("document", "pointer", "words"),
    [
        ({"matting": {"kind": "chroma", "color": "teal"}}, "/matting/color", "six hexadecimal digits"),
        (
            {"matting": {"kind": "chroma", "similarity": 2, "color": "2a6a84"}},
            "/matting/similarity",
            "2: expected 1 or less",
        ),
        ({"matting": {"kind": "chroma", "exact_color": True}}, "/matting", "exact_color needs a typed color"),
        ({"matting": {"kind": "chroma", "keyer": "ffmpeg"}}, "/matting", "needs a typed color"),
        ({"matting": {"kind": "chroma", "keyer": "unmix", "blend": 0.1}}, "/matting", "belong to keyer ffmpeg"),
        (
            {"matting": {"kind": "magic"}},
            "/matting/kind",
            "'auto', 'chroma', 'plate', 'selfie', 'mediapipe', 'model', 'none'",
        ),
        ({"matting": {"kind": "model"}}, "/matting/model", "is missing"),
        ({"matting": {"kind": "model", "model": "../rvm.onnx"}}, "/matting/model", "'../rvm.onnx': expected a file's"),
        ({"matting": {"kind": "model", "model": "/etc/passwd"}}, "/matting/model", "expected a file's name below"),
        ({"matting": {"kind": "model", "model": "a/./b"}}, "/matting/model", "expected a file's name below"),
        ({"matting": {"kind": "model", "model": "a\0b"}}, "/matting/model", "expected a file's name below"),
        ({"matting": {"kind": "selfie", "color": "auto"}}, "/matting/color", "there is no such name"),
        ({"matting": {"kind": "mediapipe", "category": 3}}, "/matting/category", "3: expected an array"),
        ({"matting": {"kind": "mediapipe", "category": [3]}}, "/matting/category/0", "3: expected text"),
        ({"matting": {"kind": "mediapipe", "chair": "yes"}}, "/matting/chair", "expected true or false"),
        ({"matting": {"color": "auto"}}, "/matting/kind", "is missing"),
        ({"matting": {"kind": "plate", "plate": "first:601"}}, "/matting/plate", "first:N"),
        ({"matting": {"kind": "plate", "plate": "../../etc/passwd"}}, "/matting/plate", "../../etc/passwd"),
        ({"background": {"kind": "image", "source": "/etc/passwd"}}, "/background/source", "/etc/passwd"),
        (
            {"background": {"kind": "image", "fit": "stretch"}},
            "/background/fit",
            "'cover', 'contain', 'fill' or 'none'",
        ),
        ({"background": {"kind": "image", "focus": [0, 1.5]}}, "/background/focus/1", "1.5: expected 1 or less"),
        ({"background": {"kind": "image", "focus": [0]}}, "/background/focus/1", "is missing"),
        ({"background": {"kind": "image", "offset": "1,2,3"}}, "/background/offset", ""),
        ({"background": {"kind": "image", "offset": [0, 1e9]}}, "/background/offset/1", "expected 16384 or less"),
        ({"background": {"kind": "image", "scale": 0}}, "/background/scale", "0: expected 0.05 or more"),
        ({"background": {"kind": "image", "color": "sand"}}, "/background/color", "six hexadecimal digits"),
        ({"background": {"kind": "video"}}, "/background/source", "is missing"),
        ({"background": {"kind": "video", "source": "/etc/passwd"}}, "/background/source", "/etc/passwd"),
        ({"background": {"kind": "blur", "strength": 50}}, "/background/strength", "50: expected 1 or less"),
        ({"background": {"kind": "blur", "fit": "cover"}}, "/background/fit", "there is no such name"),
        ({"background": {"kind": "session", "source": "a1b2"}}, "/background/kind", "not built yet in this version"),
        ({"edge": {"light-wrap": 2}}, "/edge/light_wrap", "2: expected 1 or less"),
        ({"fade": -1}, "/fade", "-1: expected 0 or more"),
        ({"geometry": {"crop": "1x1+0+0"}}, "/geometry/crop", "'1x1+0+0': expected WxH+X+Y, W and H even"),
        ({"geometry": {"size": "1280:720"}}, "/geometry/size", "'1280:720': expected WxH, even numbers"),
        ({"geometry": {"rotate": 45}}, "/geometry/rotate", "45: expected 0, 90, 180 or 270"),
        ({"geometry": {"rotate": True}}, "/geometry/rotate", ""),
        ({"edge": {"clip": [0.9, 0.1]}}, "/edge/clip", "not below"),
        ({"edge": {"clip": "a,b"}}, "/edge/clip", ""),
        ({"edge": {"feather": True}}, "/edge/feather", "number"),
        ({"edge": {"feather": "1"}}, "/edge/feather", "number"),
        ({"edge": {"feather": float("inf")}}, "/edge/feather", ""),
        ({"view": "input"}, "/view", "composite"),
        ({"colour": "auto"}, "/colour", "there is no such name"),
        ({"matting": {"kind": "chroma", "exact-color": True, "exact_color": True}}, "", "twice"),
        ([], "", "expected an object"),
    ],
)
def test_what_does_not_fit_is_refused_where_it_stands(document: Any, pointer: str, words: str) -> None:
    with pytest.raises(ValidationError) as refused:
        EffectModel.model_validate(document)
    (error, *_) = invalid_body(refused.value).errors
    assert error.pointer == pointer
    assert words in error.detail


def test_an_image_that_is_not_there_is_named_with_its_place() -> None:
    with pytest.raises(ArgumentError, match=r"background\.source 'x9': there is no such background"):
        _resolved({"background": {"kind": "image", "source": "x9"}})
    with pytest.raises(ArgumentError, match=r"edge\.garbage 'a1b2': there is no such mask"):
        _resolved({"edge": {"garbage": "a1b2"}})
    with pytest.raises(ArgumentError, match=r"matting\.model 'modnet\.onnx': none such"):
        _resolved({"matting": {"kind": "model", "model": "modnet.onnx"}})
    with pytest.raises(ArgumentError, match=r"matting\.model_spec 'u3net': none such"):
        _resolved({"matting": {"kind": "model", "model": "rvm.onnx", "model_spec": "u3net"}})


def test_the_images_an_effect_names() -> None:
    document = {
        "matting": {"kind": "plate", "plate": "a1b2"},
        "background": {"kind": "image", "source": "b9"},
        "edge": {"garbage": "c3d4"},
    }
    assert EffectModel.model_validate(document).assets() == {"a1b2", "b9", "c3d4"}
    for kind in ("plate", "selfie", "mediapipe", "auto"):
        assert EffectModel.model_validate({"matting": {"kind": kind}}).assets() == {"builtin:soft"}
        known = EffectModel.model_validate({"matting": {"kind": kind, "plate": "a1b2"}})
        assert known.assets() == {"builtin:soft", "a1b2"}


def test_a_patch_changes_what_it_names_and_nothing_else() -> None:
    before = EffectModel.model_validate({"matting": {"kind": "chroma", "color": "2a6a84"}, "edge": {"feather": 2}})
    after = before.merged({"edge": {"shrink": 1}, "on-unsure": "cover"})
    assert after.matting == before.matting
    assert (after.edge.feather, after.edge.shrink, after.on_unsure) == (2, 1, "cover")


def test_null_in_a_patch_takes_a_thing_back_to_its_default() -> None:
    before = EffectModel.model_validate({"edge": {"feather": 2, "despill": 0.5}, "quality": "fast"})
    after = before.merged({"edge": {"despill": None}, "quality": None, "background": None})
    assert (after.edge.feather, after.edge.despill, after.quality) == (2, None, "balanced")
    assert after.background == EffectModel().background


def test_a_new_kind_replaces_the_object_whole() -> None:
    before = EffectModel.model_validate({"matting": {"kind": "chroma", "color": "2a6a84", "exact_color": True}})
    assert before.merged({"matting": {"kind": "plate"}}).document()["matting"] == {"kind": "plate", "plate": "learn"}
    same = before.merged({"matting": {"kind": "chroma", "color": "00ff00"}}).document()["matting"]
    assert same == {"kind": "chroma", "color": "00ff00", "exact_color": True}


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ({"kind": "chroma", "color": "2a6a84"}, {"kind": "plate", "plate": "first:9"}),
        ({"kind": "none"}, {"kind": "plate", "plate": "first:9"}),
        ({"kind": "plate", "shadow": "keep"}, {"kind": "plate", "plate": "first:9", "shadow": "keep"}),
        ({"kind": "selfie", "plate": "a1b2"}, {"kind": "selfie", "plate": "first:9"}),
        ({"kind": "auto", "color": "2a6a84"}, {"kind": "auto", "color": "2a6a84", "plate": "first:9"}),
    ],
)
def test_a_plate_is_taken_by_whatever_matting_may_know_one(before: dict[str, Any], after: dict[str, Any]) -> None:
    effect = EffectModel.model_validate({"matting": before, "edge": {"feather": 1}}).with_plate("first:9")
    assert (effect.document()["matting"], effect.edge.feather) == (after, 1)


@pytest.mark.parametrize("patch", [[], "auto", 3, None, {"edge": 3}, {"edge": []}, {"edge": {"a": {"b": {}}}}])
def test_a_patch_that_fits_nowhere_is_refused(patch: Any) -> None:
    with pytest.raises((ArgumentError, ValidationError)):
        EffectModel().merged(patch)


def test_a_pointer_of_a_patch_begins_where_the_effect_is() -> None:
    with pytest.raises(ValidationError) as refused:
        EffectModel().merged({"matting": {"color": 3}})
    assert invalid_body(refused.value, within="/effect").errors[0].pointer == "/effect/matting/color"


_JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=8)
    | st.sampled_from(["chroma", "plate", "mediapipe", "model", "auto"]),
    lambda children: (
        st.lists(children, max_size=3)
        | st.dictionaries(
            st.sampled_from(["matting", "kind", "color", "edge", "clip", "background", "plate", "view", "on-unsure"])
            | st.sampled_from(["model", "model-spec", "category", "chair"])
            | st.text(),
            children,
            max_size=4,
        )
    ),
    max_leaves=12,
)


@given(_JSON)
def test_any_json_is_merged_or_refused_in_our_words(patch: Any) -> None:
    try:
        merged = EffectModel().merged(patch)
    except ValidationError as error:
        assert isinstance(invalid_body(error), InvalidBody)
    except ArgumentError:
        pass
    else:
        assert EffectModel.model_validate(json.loads(json.dumps(merged.document()))) == merged


def test_a_server_s_quality_is_that_of_effects_that_name_none() -> None:
    assert EffectModel.model_validate({"view": "alpha"}).at(quality="fast").quality == "fast"
    assert EffectModel.model_validate({"quality": "balanced"}).at(quality="fast").quality == "balanced"
    assert EffectModel().at(quality="fast").merged({"edge": {"feather": 1}}).quality == "fast"
