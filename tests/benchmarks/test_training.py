"""The commands run in small and write what they should; what they compute from it is right."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from unittest import mock

import pandas as pd
import pytest
import torch

from benchmarks import inference, limits, mixing, precision, publish, results, training
from benchmarks.timing import Times
from sgnlib.experiments import MODEL_1, smoke
from sgnlib.nn import winograd
from sgnlib.nn.generator import Generator

CPU = torch.device("cpu")


def test_training_in_small(tmp_path: Path) -> None:
    training.main(["--smoke", "--rounds", "1", "--threads", "1", "--into", str(tmp_path)])
    steps = pd.read_csv(tmp_path / "training_steps.csv")
    assert steps["setting"].unique().tolist() == ["smoke"]
    assert "ours, float32" in steps["variant"].tolist()
    assert steps["images/s"].tolist() == pytest.approx((2000 / steps["ms"]).tolist(), rel=1e-3)
    assert (steps["200 steps, s"] > 0.2 * steps["ms"]).all(), "the set-up counts"
    assert steps["times faster"].isna().all(), "the authors were not there"
    six = pd.read_csv(tmp_path / "training_six.csv").iloc[0]
    assert six["ratio"] == pytest.approx(six["six, ms"] / six["sym, ms"], rel=1e-3)
    kernels = pd.read_csv(tmp_path / "training_kernels.csv")
    assert kernels["share"].sum() == pytest.approx(1, abs=1e-3)
    assert kernels["kernel"].str.contains("convolution").any()


def test_a_slow_first_turn_is_set_up() -> None:
    times = Times("one")
    for seconds in (60.0, 3.0, 6.0, 30.0):
        times.note(seconds, steps=3)
    assert (times.setup, times.step) == (60.0, 2.0)


def test_demands_grow_with_the_batch() -> None:
    """Convolutions are per image, products with weights (CCAM) small, Adam's bytes constant."""
    row = smoke(MODEL_1)
    one, two = (limits.demands(replace(row, batch_size=size), CPU) for size in (2, 4))
    assert two[0] == pytest.approx(2 * one[0], rel=0.01)
    assert one[1] < two[1] < 2 * one[1]


def test_inference_in_small(tmp_path: Path) -> None:
    tiny = ["--size", "32", "--ngf", "4", "--blocks", "1", "--rounds", "1", "--each", "1"]
    inference.main([*tiny, "--batches", "1", "2", "--threads", "1", "--into", str(tmp_path)])
    table = pd.read_csv(tmp_path / "inference.csv")
    assert table["setting"].unique().tolist() == ["32 px, batch 1", "32 px, batch 2"]
    assert table["PSNR, dB"].min() > 60


def test_mixing_in_small(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(results, "RESULTS", tmp_path)
    monkeypatch.setattr(results, "README", tmp_path / "README.md")
    results.README.write_text("<!-- benchmarks.mixing -->old<!-- end -->")
    for _ in range(2):
        mixing.main(["--size", "32", "--ngf", "4", "--rounds", "2", "--write"])
    exact = pd.read_csv(tmp_path / "mixing_exact.csv")
    assert exact["setting"].unique().tolist() == ["ngf 4, 32 px, random weights"]
    assert exact["variant"].is_unique, "a new measurement takes the place of the old one"
    assert exact["times faster"].tolist() == pytest.approx(
        (exact["ms"][0] / exact["ms"]).tolist(), rel=1e-3
    )
    assert exact["least PSNR, dB"].min() > 30
    assert pd.read_csv(tmp_path / "mixing_drag.csv")["nodes"].tolist() == [15]
    assert "ngf 4, 32 px, random weights" in results.README.read_text()


def test_the_reference_of_the_benchmarks_uses_torchs_layers() -> None:
    generator, x = Generator(3, n_blocks=1).eval(), torch.rand(1, 3, 256, 256)
    sym = torch.full((1, 3), 1 / 3)
    with (
        mock.patch.object(winograd, "reflect_conv", wraps=winograd.reflect_conv) as ours,
        mock.patch.object(mixing.F, "instance_norm", wraps=mixing.F.instance_norm) as theirs,
        torch.no_grad(),
    ):
        with mixing.authors_layers():
            generator(x, sym)
        assert not ours.called and theirs.call_count == 7
        generator(x, sym)
        assert ours.call_count == 2 and theirs.call_count == 7


def test_precision_compares_with_the_seeds(tmp_path: Path) -> None:
    curve = {
        ("float32", 0): (9.0, 1.0), ("float32", 1): (9.0, 1.5), ("float32", 2): (9.0, 1.2),
        ("other", 0): (5.0, 1.4), ("other", 1): (5.0, 1.4), ("other", 2): (5.0, 1.8),
    }  # fmt: skip
    rows = [
        {"step": step, "variant": variant, "seed": seed, "L_G": value}
        for (variant, seed), values in curve.items()
        for step, value in zip((50, 100), values, strict=True)
    ]
    table = precision.compare(pd.DataFrame(rows)).iloc[0]
    assert table["difference"] == pytest.approx(0.6), (
        "1.8 against 1.2: the early steps do not count"
    )
    assert table["spread"] == pytest.approx(0.5) and not table["within"]


def test_the_readmes_text_has_all_tables(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    about = {"machine": "GPU", "load": 1.0, "clock": "wall", "setting": "64 px", "variant": "ours"}
    numbers = {
        "ms": 7.25,
        "images/s": 552.0,
        "times faster": 4.5,
        "200 steps, s": 9.0,
        "ratio": 3.9,
    }
    shares = {"share of matmul rate": 0.61, "share of bandwidth": 0.32, "share": 0.2}
    curve = {"seeds": 3, "loss": "L_G", "float32": 1.0, "difference": 0.1, "spread": 0.2}
    row = about | numbers | shares | curve | {"kernel": "conv", "within": True}
    monkeypatch.setattr(results, "RESULTS", tmp_path)
    assert publish.text() == ""
    for name in publish.FILES:
        results.write(pd.DataFrame([row] * 6), tmp_path / f"{name}.csv")
    text = publish.text()
    for found in ("| 64 px | ours | 7.25 | 552 | 4.5 | 9 |", "| 0.61 | 0.32 |", "take 3.9 x",
                  "| conv | 7.25 | 0.2 |", "| L_G | 1 | 0.1 | 0.2 | True |"):  # fmt: skip
        assert found in text


def test_new_rows_take_the_place_of_their_like(tmp_path: Path) -> None:
    file = tmp_path / "t.csv"
    old = pd.DataFrame({"machine": ["A", "A", "B"], "setting": ["x", "y", "x"], "ms": [1, 2, 3]})
    new = pd.DataFrame({"machine": ["A"], "setting": ["x"], "ms": [9], "share": [0.5]})
    results.merge(old, file, publish.KEYS)
    results.merge(new, file, publish.KEYS)
    found = pd.read_csv(file)
    assert found[["machine", "setting", "ms"]].to_numpy().tolist() == [
        ["A", "y", 2],
        ["B", "x", 3],
        ["A", "x", 9],
    ]


def test_the_readme_has_a_place_for_every_result(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = results.README.read_text()
    for name in ("training", "mixing", "app", "page"):
        assert f"<!-- benchmarks.{name} -->" in page
    copy = tmp_path / "README.md"
    copy.write_text("a <!-- benchmarks.training -->old<!-- end --> b <!-- end -->")
    monkeypatch.setattr(results, "README", copy)
    results.show("training", r"new \1")
    assert copy.read_text() == (
        "a <!-- benchmarks.training -->\nnew \\1\n<!-- end --> b <!-- end -->"
    )
    with pytest.raises(ValueError, match=r"benchmarks\.nothing"):
        results.show("nothing", "text")
