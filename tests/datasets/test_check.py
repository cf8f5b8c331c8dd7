"""`sgn data check`: every fault is found, and nothing else."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from sgnlib import cli
from sgnlib.datasets import likeness
from sgnlib.datasets.check import Domain, check, report
from tests.datasets.conftest import save_image


def scene(path: Path, seed: int, side: int = 64) -> Path:
    """A smooth picture, as photos are; noise has no likeness."""
    path.parent.mkdir(parents=True, exist_ok=True)
    coarse = np.random.default_rng(seed).integers(0, 256, (5, 5, 3), dtype=np.uint8)
    Image.fromarray(coarse).resize((side, side), Image.Resampling.BICUBIC).save(path)
    return path


def domain(folder: Path, side: int = 64) -> Path:
    for index in range(4):
        scene(folder / "train" / f"{index}.png", index, side)
        scene(folder / "test" / f"{index}.png", 100 + index, side)
    return folder


def only(folder: Path, size: int = 64) -> Domain:
    (found,) = check(folder, size)
    return found


def test_a_good_folder_has_no_faults(tmp_path: Path) -> None:
    found = only(domain(tmp_path))
    assert (found.train, found.test, found.faults, found.usable) == (4, 4, {}, True)


def test_broken_and_small_images_are_what_training_refuses(tmp_path: Path) -> None:
    domain(tmp_path)
    broken = scene(tmp_path / "train" / "broken.png", 50)
    broken.write_bytes(broken.read_bytes()[:-200])
    scene(tmp_path / "test" / "small.png", 51, side=63)
    found = only(tmp_path)
    assert list(found.faults) == ["broken", "small"]
    assert found.faults["broken"][0].startswith("train/broken.png: cannot be read as an image")
    assert found.faults["small"] == ["test/small.png: 63x63 pixels; the shorter side must have 64"]
    assert not found.usable
    assert only(tmp_path, size=32).faults.keys() == {"broken"}


def test_grey_images_are_named_and_taken(tmp_path: Path) -> None:
    domain(tmp_path)
    with Image.open(tmp_path / "train" / "0.png") as image:
        image.convert("L").save(tmp_path / "train" / "grey.png")
    (tmp_path / "train" / "0.png").unlink()
    found = only(tmp_path)
    assert found.faults == {"grey": ["train/grey.png: no colour"]}
    assert found.usable


def test_copies_are_found_by_bytes_and_by_look(tmp_path: Path) -> None:
    domain(tmp_path, side=128)
    first = tmp_path / "train" / "0.png"
    (tmp_path / "train" / "copy.png").write_bytes(first.read_bytes())
    with Image.open(tmp_path / "test" / "1.png") as image:
        image.resize((60, 60)).save(tmp_path / "test" / "again.jpg", quality=75)
    with Image.open(tmp_path / "train" / "2.png") as image:
        image.save(tmp_path / "test" / "leak.jpg", quality=80)
    found = only(tmp_path, size=32)
    assert found.faults == {
        "repeated": [
            "train/0.png = train/copy.png (same bytes)",
            "test/1.png = test/again.jpg (alike)",
        ],
        "leaking": ["train/2.png = test/leak.jpg (alike)"],
    }
    assert found.usable


def test_cyclegans_sides_are_domains_of_their_own(tmp_path: Path) -> None:
    for side, seed in (("trainA", 0), ("testA", 10), ("trainB", 20), ("testB", 30)):
        for index in range(2):
            scene(tmp_path / side / f"{index}.png", seed + index)
    (tmp_path / "testB" / "2.png").write_bytes((tmp_path / "trainB" / "0.png").read_bytes())
    a, b = check(tmp_path, 64)
    assert (a.name, a.train, a.test, a.faults) == ("trainA", 2, 2, {})
    assert b.faults == {"leaking": ["train/0.png = test/2.png (same bytes)"]}
    assert [found.name for found in check(tmp_path / "trainB", 64)] == ["trainB"]


def test_a_folder_without_images_is_refused_by_training(tmp_path: Path) -> None:
    found = only(tmp_path)
    assert "holds no images" in found.refusal and not found.usable
    with pytest.raises(FileNotFoundError, match="no folder"):
        check(tmp_path / "none", 64)


def test_the_report_counts_names_and_advises(tmp_path: Path) -> None:
    for index in range(4):
        scene(tmp_path / "x" / "train" / f"{index}.png", 0)
    scene(tmp_path / "x" / "test" / "0.png", 1)
    scene(tmp_path / "x" / "test" / "1.png", 2, side=30)
    lines = list(report(check(tmp_path / "x", 64), most=1))
    assert lines[0].split() == [
        "domain", "train", "test", "broken", "small", "grey", "repeated", "leaking",
    ]  # fmt: skip
    assert lines[1].split() == ["x", "4", "2", "0", "1", "0", "1", "0"]
    assert any("small: training refuses them" in line for line in lines)
    assert lines[-1] == "A training would refuse x."


@pytest.mark.parametrize(("size", "status"), [(64, 0), (65, 1)])
def test_the_command_fails_where_training_would(tmp_path: Path, capsys, size, status) -> None:
    domain(tmp_path)
    assert cli.main(["data", "check", str(tmp_path), "--size", str(size)]) == status
    assert ("refuse" in capsys.readouterr().out.splitlines()[-1]) is bool(status)


def test_likeness_does_not_mind_size_and_compression_but_minds_content(tmp_path: Path) -> None:
    images = []
    for seed in range(6):
        path = scene(tmp_path / f"{seed}.png", seed, side=128)
        with Image.open(path) as image:
            image.resize((50, 50)).save(tmp_path / f"{seed}.jpg", quality=75)
            images.append(likeness.thumbnail(image.convert("RGB")))
        with Image.open(tmp_path / f"{seed}.jpg") as image:
            images.append(likeness.thumbnail(image))
    pairs = list(likeness.alike(np.stack(images)))
    assert pairs == [(2 * i, 2 * i + 1) for i in range(6)]
    noise = [save_image(tmp_path / f"n{seed}.png", seed=seed) for seed in range(4)]
    thumbs = [likeness.thumbnail(Image.open(path)) for path in noise]
    assert not list(likeness.alike(np.stack(thumbs)))
