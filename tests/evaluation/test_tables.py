"""Table 3: our means are Eq. (1)'s, and the paper's statements hold on the paper's numbers."""

from __future__ import annotations

import pytest
import torch

from sgnlib.evaluation.images import eval_images, eval_photos
from sgnlib.evaluation.labels import loss_names, sym_label
from sgnlib.evaluation.paper_tables import paper_table_1, paper_table_3, side_by_side
from sgnlib.evaluation.tables import (
    at_zero_weight,
    compare_with_hyper,
    loss_table,
    middle_between,
    own_corner,
    ratios,
)
from sgnlib.experiments import MODEL_1, MODEL_3, TABLE_3_WEIGHTS
from sgnlib.losses.adversarial import lsgan
from sgnlib.losses.reconstruction import l1
from sgnlib.training.runs import Run

SYMS = torch.tensor(TABLE_3_WEIGHTS)
PAPER = paper_table_3()
PAPER_SYM = PAPER[PAPER["model"] == "sym"]


def test_losses_are_named_as_in_the_paper() -> None:
    assert loss_names(MODEL_1) == ["L_rec", "L_adv", "L_per"]
    assert loss_names(MODEL_3) == ["L_rec", "L_adv winter", "L_adv Monet"]
    assert sym_label((0.0, 1.5, 1 / 3)) == "(0.0, 1.5, 0.33)"


def test_means_are_those_of_the_losses_on_test_images(run: Run) -> None:
    sym = torch.tensor([[0.2, 0.5, 0.3], [0.0, 0.0, 1.0]])
    table = loss_table(run, sym, count=5)
    photos, paintings = eval_photos(run.experiment, 5), eval_images(run.experiment, "vangogh", 5)
    networks = run.networks()
    at = sym[:1].repeat(5, 1)
    output, kept = networks.generator(photos, at), networks.generator(paintings, at)
    rec = 2 * l1(output, photos).mean()
    adv = lsgan(networks.discriminators[1](output), real=True) + 5 * l1(kept, paintings)
    assert table["L_rec"][0] == pytest.approx(float(rec), rel=1e-5)
    assert table["L_adv"][0] == pytest.approx(float(adv.mean()), rel=1e-5)
    row = table.iloc[0]
    weighted = 0.2 * row["L_rec"] + 0.5 * row["L_adv"] + 0.3 * row["L_per"]
    assert row["L_G"] == pytest.approx(weighted, rel=1e-6)
    assert table["L_G"][1] == table["L_per"][1]


def test_the_judge_changes_the_adversarial_loss_alone(run: Run, other_run: Run) -> None:
    sym = torch.tensor([[0.5, 0.5, 0.0]])
    own = loss_table(run, sym, count=4).iloc[0]
    other = loss_table(run, sym, judge=other_run, count=4).iloc[0]
    assert own["L_rec"] == other["L_rec"] and own["L_per"] == other["L_per"]
    photos = eval_photos(run.experiment, 4)
    output = run.generator()(photos, sym.repeat(4, 1))
    theirs, ours = (
        lsgan(r.networks().discriminators[1](output), real=True).mean() for r in (other_run, run)
    )
    assert other["L_adv"] - own["L_adv"] == pytest.approx(float(theirs - ours), rel=1e-3)
    assert abs(float(theirs - ours)) > 1e-4


def test_a_comparison_judges_hyper_models_twice(run: Run, hyper_run: Run) -> None:
    long = compare_with_hyper([run], [[hyper_run]], SYMS[5:], count=4)
    hyper = long[long["model"] == "hyper"].set_index("judge")
    assert hyper["L_adv"]["own"] != hyper["L_adv"]["sym"]
    assert hyper["L_rec"]["own"] == hyper["L_rec"]["sym"]
    assert hyper["L_G"]["own"] == hyper["L_G"]["sym"]  # L_adv has weight zero
    sym = long[long["model"] == "sym"].set_index("judge")
    assert sym["L_G"]["own"] == sym["L_G"]["sym"]
    expected = sym["L_G"]["sym"] / hyper["L_G"]["sym"]
    assert float(ratios(long).loc["(0.5, 0.0, 0.5)", 0]) == pytest.approx(expected)


def test_the_papers_statements_hold_on_the_papers_numbers() -> None:
    assert own_corner(PAPER_SYM, SYMS)["holds"].all()
    middle = middle_between(PAPER_SYM, SYMS)
    assert middle["holds"].all()
    assert (middle["below all at 0"] == "2 of 2").all()
    assert middle["weight 0"]["L_rec"] == pytest.approx((0.756 + 0.443) / 2)
    zero = at_zero_weight(PAPER, SYMS, judge="own")
    assert zero["holds"].all()
    assert zero["hyper"]["L_adv"] == pytest.approx((2.540 + 1.375 + 3.054) / 3)
    mean = float(ratios(PAPER)[0].mean())
    assert mean == pytest.approx(1.192, abs=0.001)


def test_the_statements_fail_where_they_should() -> None:
    worse = PAPER_SYM.copy()
    worse.loc[worse["S"] == "(0.0, 0.5, 0.5)", "L_per"] = 0.03
    assert own_corner(worse, SYMS)["holds"].to_list() == [True, True, False]
    assert middle_between(worse, SYMS)["holds"].to_list() == [True, True, False]
    above = PAPER_SYM.copy()
    above.loc[above["S"] == "(0.5, 0.5, 0.0)", "L_adv"] = 0.6  # its edge ends at 0.829
    middle = middle_between(above, SYMS)
    assert middle["holds"].all()
    assert middle["below all at 0"].to_list() == ["2 of 2", "1 of 2", "2 of 2"]
    above.loc[above["S"] == "(0.5, 0.5, 0.0)", "L_adv"] = 0.83
    middle = middle_between(above, SYMS)
    assert middle["between"].to_list() == ["2 of 2", "1 of 2", "2 of 2"]
    assert middle["holds"].to_list() == [True, False, True]
    swapped = PAPER.assign(model=PAPER["model"].map({"sym": "hyper", "hyper": "sym"}))
    assert not at_zero_weight(swapped, SYMS, judge="own")["holds"].any()


def test_the_papers_weighted_losses_are_the_sum_of_its_parts() -> None:
    for _, row in PAPER.iterrows():
        weights = [float(w) for w in row["S"].strip("()").split(",")]
        total = sum(w * row[n] for w, n in zip(weights, ("L_rec", "L_adv", "L_per"), strict=True))
        assert row["L_G"] == pytest.approx(total, abs=0.0021)
    for _, row in paper_table_1().iterrows():
        s_r, s_c = (float(w) for w in row["S"].strip("()").split(","))
        for model in ("sym", "hyper"):
            total = s_r * row[f"{model} L_r"] + s_c * row[f"{model} L_c"]
            assert row[f"{model} L"] == pytest.approx(total, abs=0.0004)


def test_side_by_side_has_the_papers_layout() -> None:
    table = side_by_side(PAPER)
    assert list(table["S"]) == [sym_label(s) for s in TABLE_3_WEIGHTS]
    assert table["hyper L_adv"][5] == 3.054
    assert table["sym L_rec"][1] == 0.285
