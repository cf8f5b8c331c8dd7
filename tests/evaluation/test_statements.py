"""Statements of the paper as tables: what holds holds, what does not does not."""

from __future__ import annotations

import pandas as pd
import pytest
import torch

from sgnlib.evaluation.ablation import alike, compared
from sgnlib.evaluation.claims import ClaimBook
from sgnlib.evaluation.gates import any_size, closed_by_depth, gate_parameters, selection
from sgnlib.evaluation.kid import falls
from sgnlib.evaluation.statements import dirichlet_shapes, fitted, palette, palette_distance
from sgnlib.evaluation.video import Film, Smoothness, continuity, frames_at_first_corner
from sgnlib.experiments import MODEL_1
from sgnlib.nn.generator import Generator
from sgnlib.sym import corners
from tests import golden


def transfer(kids: list[float], seed: int = 0, half: float = 0.05) -> pd.DataFrame:
    index = pd.Index(["input", "0", "0.5", "1"], name="weight")
    frame = pd.DataFrame({"KID": kids}, index=index)
    return frame.assign(low=frame["KID"] - half, high=frame["KID"] + half, seed=seed)


def test_a_verdict_follows_from_the_rows(
    tmp_path: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SGN_FIGURES", str(tmp_path))
    book = ClaimBook("07_injection_ablation")
    table = pd.DataFrame({"ours": [0.12345, 2.0], "holds": [True, False]}, index=["a", "b"])
    verdict = book.judge("fig8-cbn-biased", table, why="few steps")
    assert (verdict.outcome, verdict.why) == ("partly", "few steps")
    assert verdict.numbers == "a: ours 0.123; b: ours 2 (no)"
    assert book.judge("fig8-cbn-biased", table[:1], why="few steps").why == ""
    assert book.judge("fig8-cbn-biased", table[1:]).outcome == "fails"
    noise = pd.DataFrame({"zero": [-3e-8], "many": [11482579], "holds": [True]}, index=["a"])
    assert book.judge("fig8-cbn-biased", noise).numbers == "a: zero 0, many 11,482,579"


def test_smaller_alpha_is_nearer_to_corners() -> None:
    near, far = corners(3), torch.full((3, 3), 1 / 3)
    assert dirichlet_shapes({5.0: far, 0.5: near})["holds"].all()
    assert not dirichlet_shapes({5.0: near, 0.5: far})["holds"].any()
    assert not dirichlet_shapes({5.0: far, 0.5: 1.1 * near})["holds"].all()


def test_palette_knows_colours_but_not_places() -> None:
    image = golden.image(3, 1, 8, 8)
    moved = image.flip(2).roll(3, dims=3)
    assert palette_distance(palette(image), palette(moved)).item() == 0
    lighter = palette_distance(palette(image), palette(image + 0.5))
    torch.testing.assert_close(lighter, torch.tensor([0.25]))


def test_fit_takes_brightness_and_contrast_away_and_nothing_else() -> None:
    image = golden.image(3, 2, 8, 8)
    tint = torch.tensor([0.3, -0.1, 0.2])[None, :, None, None]
    torch.testing.assert_close(fitted(0.4 * image + tint, image), image, rtol=0, atol=1e-5)
    assert (fitted(image.flip(3), image) - image).abs().mean() > 0.05


def test_kid_falls_only_if_intervals_are_apart_in_every_seed() -> None:
    down = transfer([0.9, 0.8, 0.5, 0.2])
    up = transfer([0.9, 0.2, 0.5, 0.8], seed=1)
    near = transfer([0.9, 0.8, 0.5, 0.75])
    holds = falls({"vangogh": down, "monet": near, "winter": pd.concat([down, up])})["holds"]
    assert list(holds) == [True, False, False]


def test_injections_are_compared_seed_by_seed() -> None:
    rows = [("ccam", 0, 0.5), ("ccam", 1, 0.3), ("cbn", 0, 0.4), ("cbn", 1, 0.35)]
    rows += [("concat", 0, float("nan")), ("concat", 1, float("nan"))]
    table = pd.DataFrame(rows, columns=["injection", "seed", "change"])
    more = compared(table, "change", "ccam", ">", "cbn", "concat")
    assert more["holds"].tolist() == [True, False, False, False]
    assert more["so in"].iloc[1] == "1 of 2"
    assert compared(table, "change", "cbn", "<", "ccam")["holds"].tolist() == [True, False]
    assert not alike(table, "cbn")["holds"].any()


def test_closed_channels_by_depth() -> None:
    def closed(*shares: float) -> list[bool]:
        table = pd.DataFrame({"CCAM": [1, 1, 2, 2, 3, 3], "closed": shares})
        return closed_by_depth(table)["holds"].tolist()

    assert closed(0, 0, 0, 0.1, 0.3, 0) == [True, True, True]
    assert closed(0, 0, 0, 0, 0, 0) == [True, False, False]
    assert closed(0.1, 0, 0, 0, 0.05, 0) == [False, False, False]


def test_selection_is_about_gates_of_one_channel() -> None:
    same = torch.rand(1, 4, 6).expand(3, -1, -1)
    other = same.clone()
    other[1, :, 2] = 1 - other[1, :, 2].round()
    assert selection((same, other))["holds"].tolist() == [False, True]


def test_ccams_are_light_and_any_size_passes() -> None:
    light = gate_parameters(MODEL_1)
    assert light["holds"].all()
    assert 11e6 < light["generator"].iloc[0] < 12e6
    sizes = any_size(Generator(3, ngf=4, n_blocks=1), [(32, 32), (24, 52)])
    assert sizes["output"].tolist() == ["32 x 32", "24 x 52"]
    assert sizes["holds"].all()


def test_a_switch_is_no_continuous_film() -> None:
    assert continuity(Smoothness(largest=0.02, mean=0.01, corners=0.2))["holds"].all()
    assert not continuity(Smoothness(largest=0.2, mean=0.01, corners=0.2))["holds"].any()
    original = torch.zeros(2, 3, 4, 4)
    translated = torch.stack([torch.full((3, 4, 4), 0.1), torch.full((3, 4, 4), 0.6)])
    near_first = Film(original, translated, corners(2))
    near_second = Film(original, translated.flip(0), corners(2))
    assert frames_at_first_corner(near_first)["holds"].all()
    assert not frames_at_first_corner(near_second)["holds"].any()
