"""Train a small person model with keras_segmentation, from a folder of pictures and one of masks.

    python docs/train_person.py PICTURES MASKS CHECKPOINT [--size 128x96] [--epochs 30] [--model unet_mini]

A mask has its picture's name, whatever its extension; white is the person. Each pair is also shown mirrored. After each
epoch the weights are written as CHECKPOINT.N, as keras_segmentation does; `changebg models convert-keras CHECKPOINT`
makes a model for calls of the last. docs/own-model.md says how to set up the Python that runs this.
"""

import argparse
import importlib
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

PICTURES, MASKS = "pictures", "masks"
"""Folders of what keras_segmentation is shown: pictures of one size, and masks whose values are classes, 0 and 1."""
WHITE = 128
"""Levels: from here on a mask's value is the person."""


def main() -> None:
    """Train as the command line says."""
    words = _words()
    width, height = (int(side) for side in words.size.split("x"))
    with tempfile.TemporaryDirectory() as prepared:
        count = prepare(words.pictures, words.masks, Path(prepared), (width, height))
        print(f"{count} pictures and their mirror images, {width}x{height}", flush=True)
        words.checkpoint.parent.mkdir(parents=True, exist_ok=True)
        model = _models()[words.model](2, input_height=height, input_width=width)
        model.train(
            train_images=f"{prepared}/{PICTURES}",
            train_annotations=f"{prepared}/{MASKS}",
            checkpoints_path=str(words.checkpoint),
            epochs=words.epochs,
            steps_per_epoch=-(-2 * count // words.batch),
            batch_size=words.batch,
            optimizer_name="adam",
            verify_dataset=False,  # they were made here
        )


def prepare(pictures: Path, masks: Path, folder: Path, size: tuple[int, int]) -> int:
    """Write every pair, and its mirror image, to `folder`; returns how many pairs there were."""
    cv2: Any = importlib.import_module("cv2")
    for name in (PICTURES, MASKS):
        (folder / name).mkdir()
    count = 0
    for picture, mask in _pairs(pictures, masks):
        color, grey = cv2.imread(str(picture)), cv2.imread(str(mask), cv2.IMREAD_GRAYSCALE)
        if color is None or grey is None:
            sys.exit(f"{mask if color is not None else picture}: not a picture")
        color = cv2.resize(color, size, interpolation=cv2.INTER_AREA)
        person = (cv2.resize(grey, size, interpolation=cv2.INTER_AREA) >= WHITE).astype("uint8")
        for suffix, turned, where in (("", color, person), ("-mirrored", cv2.flip(color, 1), cv2.flip(person, 1))):
            cv2.imwrite(str(folder / PICTURES / f"{count}{suffix}.png"), turned)
            cv2.imwrite(str(folder / MASKS / f"{count}{suffix}.png"), where)
        count += 1
    return count


def _pairs(pictures: Path, masks: Path) -> Iterator[tuple[Path, Path]]:
    of_name = {mask.stem: mask for mask in masks.iterdir() if mask.is_file()}
    found = [picture for picture in sorted(pictures.iterdir()) if picture.is_file()]
    if not found:
        sys.exit(f"{pictures}: no pictures")
    for picture in found:
        if picture.stem not in of_name:
            sys.exit(f"{picture}: there is no mask of that name in {masks}")
        yield picture, of_name[picture.stem]


def _models() -> Any:
    """keras_segmentation's models by name. It was written for Keras 2, which TensorFlow now calls tf_keras."""
    for part in ("", ".backend", ".callbacks", ".layers", ".losses", ".models"):
        sys.modules[f"keras{part}"] = importlib.import_module(f"tf_keras{part}")
    sys.modules["keras.layers.merge"] = sys.modules["keras.layers"]
    return importlib.import_module("keras_segmentation.models.all_models").model_from_name


def _words() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Train a small person model with keras_segmentation.")
    parser.add_argument("pictures", type=Path, help="a folder of pictures")
    parser.add_argument("masks", type=Path, help="a folder of masks of the same names; white is the person")
    parser.add_argument("checkpoint", type=Path, help="how the weights are to be called, as models/person")
    parser.add_argument("--size", default="128x96", help="what the model is shown, multiples of 32 (default 128x96)")
    parser.add_argument("--epochs", type=int, default=30)
    parser.add_argument("--batch", type=int, default=4)
    parser.add_argument("--model", default="unet_mini", help="any of keras_segmentation's (default unet_mini)")
    return parser.parse_args()


if __name__ == "__main__":
    main()
