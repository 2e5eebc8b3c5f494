"""What `transforms.kernels.exposure` computes, in plain numpy and double precision."""

from __future__ import annotations

import numpy as np

from tests.twins.composite import Floats

TUKEY = 3.0


def fitted(plate: Floats, picture: Floats, weights: Floats, lift: float, start: Floats) -> tuple[Floats, Floats]:
    """The 8 numbers; and the spreads by plane, with the share that fits."""
    guess = commonest_ratio(plate[0] + lift, picture[0] + lift, weights)
    numbers = np.array((guess, 0, guess, 0, 0, guess, 0, 0))
    if start[0] > 0 and badness(plate, picture, weights, lift, start) < badness(plate, picture, weights, lift, numbers):
        numbers = start.astype(np.float64)
    spreads = np.zeros(4)
    for _ in range(4):
        rest = off(plate, picture, lift, numbers)
        thirds = [third(np.abs(plane[weights > 0.5])) for plane in rest]
        spreads[:3] = np.clip(2.322 * np.array(thirds), (0.8, 0.4, 0.4), (4, 2, 2))
        biweight = np.maximum(1 - ((rest / (TUKEY * spreads[:3, None])) ** 2).sum(0) / TUKEY, 0) ** 2
        w = weights * biweight
        if w.sum() < max(0.02 * weights.sum(), 3):
            break
        spreads[3] = w.sum() / weights.sum()
        numbers = solved(plate, picture, w, lift)
    return numbers, spreads


def commonest_ratio(plate: Floats, picture: Floats, weights: Floats) -> float:
    told = (weights > 0.3) & (plate > 12)
    ratios = np.log(np.maximum(picture[told], 2) / plate[told])
    places = ((ratios + 1.2) * (160 / 2.4)).astype(int)
    counts = np.bincount(places[(ratios > -1.2) & (places < 160)], minlength=160)
    totals = np.convolve(counts, (1, 2, 3, 2, 1), "same")[2:-2]
    return float(np.exp((totals.argmax() + 2.5) * 2.4 / 160 - 1.2)) if totals.max() else 1.0


def off(plate: Floats, picture: Floats, lift: float, n: Floats) -> Floats:
    luma = plate[0] + lift
    return np.array(
        (
            picture[0] + lift - n[0] * luma - n[1],
            picture[1] - n[2] * plate[1] - n[3] * luma - n[4],
            picture[2] - n[5] * plate[2] - n[6] * luma - n[7],
        )
    )


def badness(plate: Floats, picture: Floats, weights: Floats, lift: float, n: Floats) -> float:
    rest = off(plate, picture, lift, n) / np.array((4, 2, 2))[:, None]
    return float((weights * np.minimum((rest**2).sum(0), 9)).sum())


def third(values: Floats) -> float:
    """The middle of the sixteenth within which a third of the values lies."""
    bins = np.sort(np.minimum(values * 16, 511).astype(int))
    return float((bins[(len(bins) + 2) // 3 - 1] + 0.5) / 16) if len(bins) else 0.5 / 16


def solved(plate: Floats, picture: Floats, w: Floats, lift: float) -> Floats:
    """Ridge regression of luma on luma, and of each chroma plane on itself and luma."""
    luma, seen, n = plate[0] + lift, picture[0] + lift, w.sum()
    ll, ls = (w * luma * luma).sum(), (w * luma * seen).sum()
    a = np.array(((ll + 0.1 * n, (w * luma).sum()), ((w * luma).sum(), 1.01 * n)))
    gain, offset = np.linalg.solve(a, (ls + 0.1 * n * ls / max(ll, 1), (w * seen).sum()))
    numbers = [min(max(gain, 0.1), 10), offset]
    for own, shown in ((plate[1], picture[1]), (plate[2], picture[2])):
        x = np.array((own, luma, np.ones_like(luma)))
        ridge = n * np.diag((0.25, 0.25, 0.01))
        numbers += [*np.linalg.solve((x * w) @ x.T + ridge, (x * w) @ shown + (0.25 * n * numbers[0], 0, 0))]
    return np.array(numbers)
