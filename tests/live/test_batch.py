"""Folders and films: every picture once, whole, at one S; what is broken is named."""

from __future__ import annotations

from pathlib import Path

import imageio_ffmpeg
import numpy as np
import pytest
import torch
from PIL import Image

from sgnlib.datasets.folders import ImageError
from sgnlib.live.backends import psnr, to_picture
from sgnlib.live.batch import MADE_WITH, translate_folder, translate_video
from sgnlib.nn.generator import Generator
from sgnlib.plots.film import write_mp4

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


def film(path: Path, size: tuple[int, int], frames: int) -> Path:
    pictures = [
        Image.effect_mandelbrot(size, (-2, -1, 1 + n / frames, 1), 40).convert("RGB")
        for n in range(frames)
    ]
    return write_mp4(pictures, path, fps=10)


def frames_of(path: Path) -> list[np.ndarray]:
    reader = imageio_ffmpeg.read_frames(str(path))
    width, height = next(reader)["size"]
    return [np.frombuffer(frame, dtype=np.uint8).reshape(height, width, 3) for frame in reader]


def test_a_film_keeps_its_size_and_number_of_frames(generator: Generator, tmp_path: Path) -> None:
    source, out = film(tmp_path / "in.mp4", (66, 50), 7), tmp_path / "new" / "out.mp4"
    assert translate_video(generator, source, out, SYM) == 7
    before, after = frames_of(source), frames_of(out)
    assert len(after) == 7 and after[0].shape == (50, 66, 3)
    padded = np.pad(before[3], ((0, 2), (0, 2), (0, 0)), mode="reflect")
    image = torch.from_numpy(padded.copy()).permute(2, 0, 1)[None] / 127.5 - 1
    wanted = to_picture(generator(image, torch.tensor([SYM])))[:50, :66]
    grey = [np.asarray(Image.fromarray(picture).convert("L")) for picture in (after[3], wanted)]
    assert psnr(*grey) > 25, "H.264 loses some, most of it in the colours"
    assert [p.name for p in out.parent.iterdir()] == ["out.mp4"]


def test_what_is_no_film_is_refused(generator: Generator, tmp_path: Path) -> None:
    broken = tmp_path / "broken.mp4"
    broken.write_bytes(b"no film")
    with pytest.raises(ValueError, match="cannot be read as a film"):
        translate_video(generator, broken, tmp_path / "out.mp4", SYM)
    with pytest.raises(FileNotFoundError, match="no such film"):
        translate_video(generator, tmp_path / "none.mp4", tmp_path / "out.mp4", SYM)
    with pytest.raises(ValueError, match=r"written as \.mp4"):
        translate_video(generator, broken, tmp_path / "out.avi", SYM)
    assert [p.name for p in tmp_path.iterdir()] == ["broken.mp4"]
