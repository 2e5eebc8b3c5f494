"""From an `Effect` to the pipeline that does it. Whatever is heavy is imported inside the functions that need it."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import islice
from typing import TYPE_CHECKING

from transforms import effect as effects

if TYPE_CHECKING:
    from transforms.background import Background
    from transforms.change import PipelineChange
    from transforms.clean_plate import CleanPlateSource, PersonPrior
    from transforms.edge import EdgeControls
    from transforms.effect import Color, Effect, Quality, ScreenKey
    from transforms.key_color import KeyColor
    from transforms.matting import Matting
    from transforms.person.segmenter import Segmenter
    from transforms.picture import Picture
    from transforms.pipeline import Pipeline
    from transforms.relative_key import RelativeKeyer
    from transforms.screen import ScreenKeyer

_WARM_UP = effects.Effect(effects.AutoKey(effects.Color(0, 255, 0)), effects.ColorBackground(effects.Color(0, 0, 0)))
"""An effect that uses the screen's and the persons' mattings, with every kernel and network of theirs."""


KEY_COLOR_PICTURES = 6
"""Pictures that `key_color` looks at: one that finds it, and those that confirm it."""


def pipeline(effect: Effect, *, live: bool = True) -> Pipeline:
    """A pipeline for one stream; the caller closes it.

    `live`: its pictures are shown as they come, so that nothing waits: a background that is not ready yet is shown as
    far as it is. Else each picture is what it should be, however long that takes.

    Raises:
        EffectError: the key colour cannot be keyed, or the background, the plate or a mask cannot be read.
    """
    from transforms.pipeline import Pipeline

    return Pipeline(
        matting(effect),
        background(effect, live=live),
        view=effect.view,
        on_unsure=effect.on_unsure,
        shown="passthrough" if isinstance(effect.matting, effects.NoMatting) else "composite",
        edge=effect.edge,
        effect=effect,
    )


def with_changes(pipeline: Pipeline, effect: Effect, *, fresh_plate: bool = False) -> PipelineChange:
    """What `Pipeline.take` needs to do `effect` from the next picture on. Takes a while; may be called in any thread.

    Every part whose parameters are the same in both effects stays. `fresh_plate`: but for a plate, which is taken or
    learned anew from then on. Make one change at a time: a second holds only once the first was taken.

    Raises:
        EffectError: as `pipeline`; nothing has changed then.
    """
    from transforms.change import PipelineChange

    before = pipeline.effect
    edge = None if before and before.edge == effect.edge else _edge(pipeline, effect)
    behind = None if before and before.background == effect.background else _fitting(pipeline, effect)
    is_fresh = fresh_plate and isinstance(effect.matting, effects.Plated)
    stays = before is not None and _is_same_matting(before, effect) and not is_fresh
    new = None if stays else matting(effect) if is_fresh else _succeeding(pipeline, effect)
    return PipelineChange(before, effect, new, behind, edge)


def _succeeding(pipeline: Pipeline, effect: Effect) -> Matting:
    """The matting of an effect, before the plate that the pipeline's has already where it is to be the same."""
    before, after = pipeline.effect, effect.matting
    if before is not None and isinstance(before.matting, effects.PlateKey) and isinstance(after, effects.PlateKey):
        from transforms.plate import PlateKeyer

        if before.matting.plate == after.plate and isinstance(pipeline.matting, PlateKeyer):
            return PlateKeyer(pipeline.matting.plate, shadow=after.shadow)
    return matting(effect)


def _is_same_matting(before: Effect, after: Effect) -> bool:
    """Whether `matting` would make the same of both."""
    is_quality_of_it = isinstance(after.matting, effects.ScreenKey | effects.ModelKey | effects.AutoKey)
    return before.matting == after.matting and (before.quality == after.quality or not is_quality_of_it)


def _edge(pipeline: Pipeline, effect: Effect) -> EdgeControls | None:
    """What does the edge of an effect, ready for the pictures that come; None where nothing is to be done."""
    from transforms.edge import EdgeControls

    if effect.edge == effects.Edge():
        return None
    controls = EdgeControls(effect.edge, pipeline.controls)
    if pipeline.picture is not None:
        controls.prepare(pipeline.picture.size)
    return controls


def _fitting(pipeline: Pipeline, effect: Effect) -> Background:
    """The background of an effect, ready for the pictures that come; what was read of the same file stays."""
    from transforms.background import Prepared
    from transforms.picture import Look

    if effect.fade > 0:
        import transforms.fading  # noqa: F401  (its kernel is loaded here, not between two pictures)

    made, picture = _relaid(pipeline, effect.background) or background(effect), pipeline.picture
    if isinstance(made, Prepared) and picture is not None:
        made.prepare(Look.of(picture))
    return made


def _relaid(pipeline: Pipeline, after: effects.Background) -> Background | None:
    """The pipeline's own background laid elsewhere, where that is all there is to the new one."""
    from transforms.background import Relaid

    before, running = pipeline.effect, pipeline.background
    if before is None or not isinstance(running, Relaid):
        return None
    match before.background, after:
        case (effects.ImageBackground(path), effects.ImageBackground(other, placement, color)) if path == other:
            return running.relaid(placement, color)
        case (effects.VideoBackground(path), effects.VideoBackground(other, placement, color)) if path == other:
            return running.relaid(placement, color)
        case _:
            return None


def matting(effect: Effect) -> Matting:
    """The matting of an effect.

    Raises:
        EffectError: the key colour cannot be keyed, or the plate cannot be read.
    """
    match effect.matting:
        case effects.ScreenKey():
            return _screen_keyer(effect.matting, effect.quality)
        case effects.FfmpegKey(color, similarity, blend):
            from transforms.ffmpeg_key import FfmpegKeyer

            return FfmpegKeyer(color, similarity=similarity, blend=blend)
        case effects.PlateKey(plate, shadow):
            from transforms.plate import PlateKeyer

            return PlateKeyer(_clean_plate(plate, _selfie_prior(plate, effect.quality)), shadow=shadow)
        case effects.SelfieKey(plate):
            from transforms.person.selfie import SelfieSegmenter

            return _person_keyer(SelfieSegmenter(), plate)
        case effects.MediapipeKey():
            from transforms.person.mediapipe import mediapipe_segmenter

            return _person_keyer(mediapipe_segmenter(effect.matting), effect.matting.plate)
        case effects.ModelKey():
            return _model_keyer(effect.matting, effect.quality)
        case effects.AutoKey():
            return _auto_keyer(effect.matting, effect.quality)
        case effects.NoMatting():
            from transforms.matting import Opaque

            return Opaque()


def _screen_keyer(key: ScreenKey, quality: Quality) -> ScreenKeyer | RelativeKeyer:
    """The estimate at full resolution; where speed is asked for, the relative key at a fraction of the time.

    The latter knows no shadow, so that what must be kept is left to the former.
    """
    if quality == "fast" and key.shadow == "remove":
        from transforms.relative_key import RelativeKeyer

        return RelativeKeyer(key.color, exact=key.exact)
    from transforms.screen import ScreenKeyer

    return ScreenKeyer(key.color, exact=key.exact, shadow=key.shadow)


def _person_keyer(segmenter: Segmenter, plate: effects.Plate) -> Matting:
    """The matting of whoever `segmenter`, which it owns from then on, says is a person."""
    from transforms.person.matting import PersonKeyer
    from transforms.person.paced import PacedSegmenter
    from transforms.person.revealed_plate import RevealedPlate

    source = RevealedPlate() if isinstance(plate, effects.Learned) else _clean_plate(plate)
    return PersonKeyer(PacedSegmenter(segmenter), source)


def _model_keyer(key: effects.ModelKey, quality: Quality) -> Matting:
    """The model's own matte; of one that only says where people are, the matte that this leads to."""
    from transforms.model.loading import load
    from transforms.model.matting import ModelMatting
    from transforms.model.network import segmenter_of
    from transforms.model.segmenter import ModelSegmenter

    model = load(key.path, key.spec, quality=quality)
    shown = None if model.spec.inputs.plate is None else _clean_plate(key.plate)
    if model.spec.matte.refine:
        return _person_keyer(segmenter_of(model, shown), key.plate)
    return ModelMatting(ModelSegmenter(model, shown))


def _auto_keyer(key: effects.AutoKey, quality: Quality) -> Matting:
    """The matting that chooses between a screen and persons, both as they would be by themselves."""
    from transforms.auto.keyer import AutoKeyer
    from transforms.auto.onlooker import Onlooker
    from transforms.person.prior import Once, person_prior
    from transforms.person.selfie import SelfieSegmenter

    once = Once(SelfieSegmenter())
    onlooker = Onlooker(person_prior(once))
    screen = _screen_keyer(effects.ScreenKey(key.color), quality)
    person = _person_keyer(once, key.plate)
    if not isinstance(key.plate, effects.Learned):
        from transforms.auto.plated import PlatedPersons
        from transforms.plate import PlateKeyer

        person = PlatedPersons(person, PlateKeyer(_clean_plate(key.plate)))
    return AutoKeyer(screen, person, onlooker)


def _selfie_prior(plate: effects.Plate, quality: Quality) -> PersonPrior | None:
    """Who tells a plate that is learned what is a person; it is asked four times a second, and freed with the plate."""
    if not isinstance(plate, effects.Learned) or quality == "fast":
        return None
    from transforms.person.prior import person_prior
    from transforms.person.selfie import SelfieSegmenter

    return person_prior(SelfieSegmenter())


def _clean_plate(plate: effects.Plate, prior: PersonPrior | None = None) -> CleanPlateSource:
    match plate:
        case effects.PlateImage(path):
            from transforms.plate_image import plate_from_image

            return plate_from_image(path)
        case effects.FirstFrames(count):
            from transforms.first_frames import FirstFramesPlate

            return FirstFramesPlate(count)
        case effects.Learned():
            from transforms.learned_plate import LearnedPlate

            return LearnedPlate(prior)


def key_color(pictures: Iterable[Picture], *, seed: Color | None = None) -> KeyColor | None:
    """The key colour of a stream's screen as a call would find it by its first pictures; None where there is none.

    `seed`: where the search begins; None searches every hue.

    Raises:
        EffectError: the seed is too near to grey.
    """
    from transforms.key_search import measure_key_color

    looked_at = list(islice(pictures, KEY_COLOR_PICTURES))
    return measure_key_color(looked_at, seed=seed) if looked_at else None


def background(effect: Effect, *, live: bool = True) -> Background:
    """The background of an effect. `live`: as `pipeline`'s.

    Raises:
        EffectError: it cannot be read.
    """
    match effect.background:
        case effects.ImageBackground(path, placement, color):
            from transforms.still_background import image_background

            return image_background(path, placement, color, live=live)
        case effects.ColorBackground(color):
            from transforms.background import color_background

            return color_background(color)
        case effects.BlurBackground(strength):
            from transforms.blur import blur_background

            return blur_background(strength)
        case effects.VideoBackground(path, placement, color):
            from transforms.video_background import video_background

            return video_background(path, placement, color, live=live)


def warm_up(effect: Effect | None = None) -> None:
    """Import, compile and load what an effect uses, or all there is, so that the first picture waits for nothing.

    Raises:
        EffectError: as `pipeline`.
    """
    from transforms.picture import Matrix, Picture, Size

    if effect is None:
        warm_up(_WARM_UP)
        from transforms import edge, ffmpeg_key, finish, plate, relative_key  # noqa: F401
        from transforms.person import matting as person_matting  # noqa: F401

        return
    warmed = pipeline(effect)
    picture = Picture.blank(Size(64, 64), matrix=Matrix.BT601, full_range=False)
    warmed(picture, 0.0)
    warmed.cover(picture, 1.0)
    warmed.close()
