"""The atlas as a file: the network's pictures at every node, and nothing from elsewhere."""

from __future__ import annotations

import base64
import gzip
import io
import json
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

from sgnlib import cli
from sgnlib.datasets.sampling import to_pixels
from sgnlib.evaluation.translate import translate
from sgnlib.experiments import EXPERIMENTS, MODEL_1, Experiment, Reconstruction, smoke
from sgnlib.live import atlas
from sgnlib.live.atlas import atlas_html, atlas_photos, photographs, write_atlas
from sgnlib.live.onnx import mix_model
from sgnlib.live.web_runtime import WebRuntime
from sgnlib.training.runs import Run
from tests.live.untrained import untrained_run, waves

FOUR = next(row for row in EXPERIMENTS if len(row.domains) == 4)


def data(page: str) -> dict[str, Any]:
    found = re.search(r'<script type="application/json" id="atlas">(.*?)</script>', page, re.DOTALL)
    assert found
    return json.loads(found[1])


def decoded(encoded: str) -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(base64.b64decode(encoded))).convert("RGB")).astype(int)


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    return untrained_run(tmp_path_factory.mktemp("runs"), replace(smoke(MODEL_1), image_size=32))


def test_it_holds_the_networks_pictures_at_every_node(run: Run) -> None:
    photos = waves(2, 32)
    held = data(atlas_html(run, photos))
    assert held["names"] == ["photo", "Van Gogh", "Udnie"]
    assert len(held["nodes"]) == 15
    assert [len(photo["pictures"]) for photo in held["photos"]] == [15, 15]
    node = held["nodes"][6]
    expected = translate(run.generator(), photos[1:], torch.tensor([node]) / 4)
    picture = to_pixels(expected)[0].permute(1, 2, 0).numpy()
    large = Image.fromarray(picture).resize((256, 256), Image.Resampling.BICUBIC)
    found = decoded(held["photos"][1]["pictures"][6])
    assert np.abs(found - np.asarray(large)).mean() < 4
    assert np.abs(decoded(held["photos"][1]["photo"]) - found).mean() > 10


def test_four_domains_have_their_35_nodes(tmp_path: Path) -> None:
    run = untrained_run(tmp_path, replace(smoke(FOUR), image_size=16))
    held = data(atlas_html(run, waves(1, 16)))
    assert len(held["names"]) == len(held["colours"]) == 4
    assert len(held["nodes"]) == len(held["photos"][0]["pictures"]) == 35
    assert len(data(atlas_html(run, waves(1, 16), divisions=2))["nodes"]) == 10


def test_it_says_how_it_was_made_and_asks_for_nothing(run: Run) -> None:
    page = atlas_html(run, waves(1, 32), profile="quick")
    for said in ("Model 1: photo", run.path.name, "profile quick", "15 nodes", "random weights"):
        assert said in page
    assert "{{" not in page
    outside = set(re.findall(r"""(?:src|href|url|from|import)\s*[=(]?\s*["'](\w+:[^"']*)""", page))
    assert not outside
    assert "default-src 'none'" in page


def test_the_network_is_in_the_page_where_it_is_wanted(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    runtime = WebRuntime("// a script: </script>", b"compiled")
    monkeypatch.setattr("sgnlib.live.network.web_runtime", lambda: runtime)
    page = atlas_html(run, waves(1, 32), network=True)
    found = re.search(r'<script type="application/json" id="network">(.*?)</script>', page)
    assert found
    held = json.loads(found[1])
    assert held["script"] == runtime.script
    assert unpacked(held["wasm"]) == runtime.wasm
    assert unpacked(held["mix"]) == mix_model(run.generator(), "f16").SerializeToString(
        deterministic=True
    )
    assert "default-src 'none'" in page
    assert "onnxruntime-web" in page.split("<footer>")[1].split("</footer>")[0]
    assert page == atlas_html(run, waves(1, 32), network=True)
    plain = atlas_html(run, waves(1, 32))
    for part in ('id="network"', "wasm-unsafe-eval", "worker-src", "chooser"):
        assert part in page
        assert part not in plain


def unpacked(encoded: str) -> bytes:
    return gzip.decompress(base64.b64decode(encoded))


def test_names_of_ones_own_cannot_break_the_page(tmp_path: Path) -> None:
    own = Reconstruction("<b>&</script>")
    row = replace(smoke(MODEL_1), image_size=16, title=own.data)
    row = replace(row, domains=(own, *row.domains[1:]))
    page = atlas_html(untrained_run(tmp_path, row), waves(1, 16), divisions=1)
    assert "<b>" not in page
    assert page.count("</script>") == 2


def test_enlarged_pictures_stay_small(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Smooth pictures, as trained networks make them; those of random weights are noise.
    monkeypatch.setattr(atlas, "mixes", lambda _, photos, syms: photos.expand(len(syms), *[-1] * 4))
    file = write_atlas(tmp_path / "deep" / "atlas.html", run, waves(8, 64))
    assert file.stat().st_size < 3_000_000
    assert decoded(data(file.read_text())["photos"][0]["photo"]).shape == (256, 256, 3)


def test_photos_of_ones_own_become_squares(tmp_path: Path) -> None:
    for name, size in (("a.jpg", (90, 60)), ("b.png", (40, 70))):
        Image.new("RGB", size, (200, 100, 50)).save(tmp_path / name)
    photos = photographs(3, [tmp_path / "a.jpg", tmp_path / "b.png"])
    assert photos.shape == (2, 3, 256, 256)
    assert photos.min() >= -1
    with pytest.raises(FileNotFoundError):
        photographs(3, [tmp_path / "none.jpg"])
    assert len(photographs(3)) == 6 and len(photographs(4)) == 3


def test_there_are_fewer_test_photos_where_there_are_more_nodes(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked: list[int] = []

    def showcase(row: Experiment, count: int) -> torch.Tensor:
        asked.append(count)
        return waves(count, 16)

    monkeypatch.setattr(atlas, "showcase", showcase)
    for row, divisions in ((MODEL_1, 4), (FOUR, 4), (FOUR, 9)):
        atlas_photos(row, divisions=divisions)
    assert asked == [8, 3, 1]


def test_the_command_writes_a_page_of_the_model(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sgnlib.evaluation.models.find_run", lambda row: run)
    Image.new("RGB", (40, 40), (200, 100, 50)).save(tmp_path / "own.png")
    out = tmp_path / "page.html"
    own = ["--photo", str(tmp_path / "own.png")]
    assert cli.main(["atlas", "model-1", "--profile", "smoke", *own, "--out", str(out)]) == 0
    assert "1 photo," in capsys.readouterr().out
    for said in (run.path.name, "random weights"):
        assert said in out.read_text()
    monkeypatch.setattr("sgnlib.evaluation.models.find_run", lambda row: None)
    assert cli.main(["atlas", "model-1", "--profile", "smoke", *own, "--out", str(out)]) == 1
    assert "`sgn train model-1 --profile smoke`" in capsys.readouterr().err
    assert cli.main(["atlas", "model-1", *own, "--out", str(out)]) == 0
    assert "shipped with the project: laptop, real photographs" in out.read_text()


def test_its_help_shows_examples_that_parse(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        cli.main(["atlas", "--help"])
    for line in capsys.readouterr().out.split("example:")[1].strip().splitlines():
        cli.build_parser().parse_args(line.split()[1:])
