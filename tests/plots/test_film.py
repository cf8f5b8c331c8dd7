"""Films: the bar shows S, the files are deterministic and small enough."""

from __future__ import annotations

from pathlib import Path

import imageio.v3 as iio
import numpy as np
import pytest
import torch
from PIL import Image, ImageColor

from sgnlib.plots import film
from sgnlib.plots.film import film_frames, write_gif, write_mp4
from sgnlib.plots.style import COLOURS

DOMAINS = ["photo", "ukiyoe", "rain-princess"]
SYMS = torch.tensor([[1.0, 0, 0], [0.25, 0.25, 0.5], [0, 0, 1], [0, 1, 0]])


@pytest.fixture(scope="module")
def frames() -> list[Image.Image]:
    noise = torch.rand(2, 4, 3, 16, 16, generator=torch.Generator().manual_seed(1)) * 2 - 1
    return film_frames(noise[0], noise[1], SYMS, DOMAINS, side=120)


def test_the_bar_is_divided_as_sym_says(frames: list[Image.Image]) -> None:
    y, left = 44 - 4 - 7, 120 + 16
    for frame, sym in zip(frames, SYMS.tolist(), strict=True):
        row = np.asarray(frame)[y, left + 1 : left + 119]
        for domain, share in zip(DOMAINS, sym, strict=True):
            colour = ImageColor.getrgb(COLOURS[domain])
            assert (row == colour).all(axis=1).mean() == pytest.approx(share, abs=0.02)


def test_mp4_is_deterministic_and_has_all_frames(frames: list[Image.Image], tmp_path: Path) -> None:
    one, two = (write_mp4(frames, tmp_path / name, fps=4) for name in ("a.mp4", "b.mp4"))
    assert one.read_bytes() == two.read_bytes()
    assert iio.imread(one, plugin="FFMPEG").shape[0] == 4
    assert {p.name for p in tmp_path.iterdir()} == {"a.mp4", "b.mp4"}


def test_gif_is_deterministic_and_drops_frames_to_stay_small(
    frames: list[Image.Image], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = write_gif(frames * 3, tmp_path / "a.gif")
    assert whole.read_bytes() == write_gif(frames * 3, tmp_path / "b.gif").read_bytes()
    assert Image.open(whole).n_frames == 12
    monkeypatch.setattr(film, "GIF_LIMIT", whole.stat().st_size - 1)
    smaller = write_gif(frames * 3, tmp_path / "c.gif")
    assert Image.open(smaller).n_frames == 6
    monkeypatch.setattr(film, "GIF_LIMIT", 100)
    with pytest.raises(ValueError, match="exceed 100 bytes"):
        write_gif(frames * 3, tmp_path / "d.gif")
