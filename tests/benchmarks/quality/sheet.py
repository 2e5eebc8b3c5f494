"""The contact sheet: of each clip the frame in which we did worst, and the worst part of it at twice its size."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from tests.benchmarks.quality.clips import Clip
from tests.benchmarks.quality.metrics import Alpha
from tests.benchmarks.quality.peers import rgb_of
from tests.benchmarks.quality.score import Score, Shown
from transforms.picture import Picture

CELL = 288
"""Pixels: a panel's width; its picture and, below it, its crop are as high at most."""
WINDOW = CELL // 2
"""Pixels of the clip that a crop shows."""
GAP, LABEL = 6, 24
INK, PAPER = (235, 235, 235), (24, 24, 24)


@dataclass(frozen=True, slots=True)
class Panel:
    """A picture of the clip's size and what is written above it."""

    title: str
    picture: Image.Image


def row(clip: Clip, ours: tuple[Score, Shown], rival: tuple[Score, Shown] | None) -> Image.Image:
    """A clip's part of the sheet."""
    score, shown = ours
    number = shown.worst
    alpha, truth = shown.alphas[number], clip.truth[number]
    error = np.abs(alpha.astype(np.int16) - truth).astype(np.uint8)
    panels = [
        Panel(f"input, frame {number}", _rgb(clip.pictures[number])),
        Panel("true alpha", _grey(truth)),
        Panel(score.method, _grey(alpha)),
        *([Panel(rival[0].method, _grey(rival[1].alphas[number]))] if rival else []),
        Panel("|error| of ours", _grey(error)),
        Panel("ours over grey", _rgb(shown.composite)),
    ]
    title = f"{clip.name}    MAD {score.frame.mad:.2f}, in this frame {score.worst_mad:.2f}"
    if rival:
        title += f"; {rival[0].method} {rival[0].frame.mad:.2f} ({rival[0].setting})"
    return _laid_out(title, panels, worst_window(error))


def sheet(rows: list[Image.Image]) -> Image.Image:
    """All the clips, one below the other."""
    width, height = max(part.width for part in rows), sum(part.height for part in rows)
    whole = Image.new("RGB", (width, height), PAPER)
    top = 0
    for part in rows:
        whole.paste(part, (0, top))
        top += part.height
    return whole


def _laid_out(title: str, panels: list[Panel], window: tuple[int, int, int, int]) -> Image.Image:
    wide, high = panels[0].picture.size
    scale = min(CELL / wide, CELL / high)
    small = (max(1, round(wide * scale)), max(1, round(high * scale)))
    top = LABEL + LABEL
    part = Image.new("RGB", (len(panels) * (CELL + GAP) + GAP, top + small[1] + GAP + CELL + 2 * GAP), PAPER)
    pen = ImageDraw.Draw(part)
    pen.text((GAP, 3), title, fill=(255, 214, 120), font=_font(16))
    for index, panel in enumerate(panels):
        left = GAP + index * (CELL + GAP)
        pen.text((left, LABEL + 4), panel.title, fill=INK, font=_font(14))
        part.paste(panel.picture.resize(small, Image.Resampling.BOX), (left, top))
        frame = [round(edge * scale) for edge in window]
        pen.rectangle((left + frame[0], top + frame[1], left + frame[2], top + frame[3]), outline=(255, 60, 60))
        crop = panel.picture.crop(window)
        twice = crop.resize((2 * crop.width, 2 * crop.height), Image.Resampling.NEAREST)
        part.paste(twice, (left, top + small[1] + GAP))
    return part


def worst_window(error: Alpha) -> tuple[int, int, int, int]:
    """Left, top, right, bottom of the window with the largest sum of errors."""
    height, width = error.shape
    rows, columns = min(WINDOW, height), min(WINDOW, width)
    sums = np.pad(error.astype(np.int64).cumsum(0).cumsum(1), ((1, 0), (1, 0)))
    inside = sums[rows:, columns:] - sums[:-rows, columns:] - sums[rows:, :-columns] + sums[:-rows, :-columns]
    top, left = np.unravel_index(int(inside.argmax()), inside.shape)
    return int(left), int(top), int(left) + columns, int(top) + rows


def _rgb(picture: Picture) -> Image.Image:
    return Image.fromarray(np.clip(np.rint(rgb_of(picture)), 0, 255).astype(np.uint8))


def _grey(levels: Alpha) -> Image.Image:
    return Image.fromarray(levels).convert("RGB")


def _font(size: int) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    return ImageFont.load_default(size)
