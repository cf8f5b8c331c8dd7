"""Folders: every picture once, whole, at one S; what is broken is named."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from PIL import Image

from sgnlib.datasets.folders import ImageError
from sgnlib.live.batch import MADE_WITH, translate_folder
from sgnlib.nn.generator import Generator

SYM = (0.3, 0.7)


@pytest.fixture
def generator() -> Generator:
    torch.manual_seed(0)
    return Generator(2, ngf=4, n_blocks=1).eval().requires_grad_(False)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    photos = tmp_path / "photos"
    photos.mkdir()
    for name, size in (("a.jpg", (40, 30)), ("b.png", (33, 50)), ("notes.txt", (8, 8))):
        Image.effect_mandelbrot(size, (-2, -1, 1, 1), 40).convert("RGB").save(photos / name, "PNG")
    return photos


def test_every_photo_once_under_its_name(
    generator: Generator, folder: Path, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    made = translate_folder(generator, folder, out, SYM, "small")
    assert [path.name for path in made] == ["a.jpg.png", "b.png.png"]
    assert Image.open(out / "b.png.png").size == (33, 50)
    before = (out / "a.jpg.png").read_bytes()
    (out / "b.png.png").unlink()
    assert translate_folder(generator, folder, out, SYM, "small") == [out / "b.png.png"]
    assert (out / "a.jpg.png").read_bytes() == before


def test_a_folder_holds_one_model_and_one_s(
    generator: Generator, folder: Path, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    translate_folder(generator, folder, out, SYM, "small")
    with pytest.raises(ValueError, match=r"holds pictures of small at S = \[0.3, 0.7\]"):
        translate_folder(generator, folder, out, (1.0, 0.0), "small")
    with pytest.raises(ValueError, match="choose another folder"):
        translate_folder(generator, folder, out, SYM, "large")


def test_a_broken_photo_does_not_stop_the_others(
    generator: Generator, folder: Path, tmp_path: Path
) -> None:
    (folder / "a.jpg").write_bytes(b"no picture")
    with pytest.raises(ImageError, match=r"1 of 2 are not translated: .*a.jpg cannot be read"):
        translate_folder(generator, folder, tmp_path / "out", SYM, "small")
    assert {p.name for p in (tmp_path / "out").iterdir()} == {"b.png.png", MADE_WITH}


def test_a_folder_without_photos(generator: Generator, tmp_path: Path) -> None:
    with pytest.raises(ImageError, match="holds no images"):
        translate_folder(generator, tmp_path, tmp_path / "out", SYM, "small")
