"""Films: every frame once, sound and all, and a kill changes nothing."""

from __future__ import annotations

import multiprocessing
import os
import signal
import subprocess
from pathlib import Path

import imageio_ffmpeg
import numpy as np
import pytest
import torch
from PIL import Image

from sgnlib.live import films
from sgnlib.live.backends import Picture, TorchBackend, psnr, to_picture
from sgnlib.live.films import translate_video
from sgnlib.nn.generator import Generator
from sgnlib.plots.film import write_mp4

SYM = (0.3, 0.7)


@pytest.fixture
def generator() -> Generator:
    torch.manual_seed(0)
    return Generator(2, ngf=4, n_blocks=1).eval().requires_grad_(False)


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


def ffmpeg(*arguments: str) -> str:
    command = [imageio_ffmpeg.get_ffmpeg_exe(), "-y", *arguments]
    return subprocess.run(command, capture_output=True, text=True).stderr


def test_a_film_keeps_its_size_and_number_of_frames(
    generator: Generator, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(films, "SEGMENT", 3)
    source, out = film(tmp_path / "in.mp4", (66, 50), 7), tmp_path / "new" / "out.mp4"
    assert translate_video(generator, source, out, SYM, "small") == 7
    before, after = frames_of(source), frames_of(out)
    assert len(after) == 7 and after[0].shape == (50, 66, 3)
    for number in (2, 3, 6):  # on both sides of a seam, and the last one
        padded = np.pad(before[number], ((0, 2), (0, 2), (0, 0)), mode="reflect")
        image = torch.from_numpy(padded.copy()).permute(2, 0, 1)[None] / 127.5 - 1
        wanted = to_picture(generator(image, torch.tensor([SYM])))[:50, :66]
        grey = [np.asarray(Image.fromarray(one).convert("L")) for one in (after[number], wanted)]
        assert psnr(*grey) > 25, "H.264 loses some, most of it in the colours"
    assert [p.name for p in out.parent.iterdir()] == ["out.mp4"]


class Deadly(TorchBackend):
    """Kills its process at the fifth picture."""

    pictures = 0

    def picture(self, prepared: torch.Tensor, sym: torch.Tensor) -> Picture:
        self.pictures += 1
        if self.pictures == 5:
            os.kill(os.getpid(), signal.SIGKILL)
        return super().picture(prepared, sym)


def test_a_killed_translation_goes_on_to_the_same_film(
    generator: Generator, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(films, "SEGMENT", 3)
    monkeypatch.setattr(films, "_engine", lambda *_: TorchBackend(generator))
    source, out = film(tmp_path / "in.mp4", (32, 32), 8), tmp_path / "out.mp4"
    translate_video(generator, source, tmp_path / "whole.mp4", SYM, "small")

    with monkeypatch.context() as deadly:
        deadly.setattr(films, "_engine", lambda *_: Deadly(generator))
        work = (generator, source, out, SYM, "small")
        process = multiprocessing.get_context("fork").Process(target=translate_video, args=work)
        process.start()
        process.join(60)
    assert process.exitcode == -signal.SIGKILL and not out.exists()
    first = tmp_path / ".out.segments" / "000000.mp4"
    made = first.stat().st_mtime_ns

    seen: list[int] = []
    write = films._write
    monkeypatch.setattr(films, "_write", lambda s, *a: seen.append(int(s.stem)) or write(s, *a))
    monkeypatch.setattr(films.shutil, "rmtree", lambda folder, **_: None)
    assert translate_video(generator, source, out, SYM, "small") == 8
    assert seen == [1, 2] and first.stat().st_mtime_ns == made
    assert out.read_bytes() == (tmp_path / "whole.mp4").read_bytes()


def test_segments_of_another_s_are_not_used(
    generator: Generator, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert films._segments_of(tmp_path / "s", {"sym": [0.3, 0.7]}) == []
    (tmp_path / "s" / "000000.mp4").touch()
    assert len(films._segments_of(tmp_path / "s", {"sym": [0.3, 0.7]})) == 1
    assert films._segments_of(tmp_path / "s", {"sym": [1.0, 0.0]}) == []


def test_the_backend_stays_the_same(generator: Generator, tmp_path: Path) -> None:
    photo = torch.rand(1, 3, 16, 16) * 2 - 1
    (tmp_path / "engine").write_text("torch float32 cpu")
    assert films._engine(generator, photo, tmp_path / "engine").name == "torch float32 cpu"
    (tmp_path / "engine").write_text("one of another machine")
    chosen = films._engine(generator, photo, tmp_path / "engine")
    assert (tmp_path / "engine").read_text() == chosen.name


@pytest.mark.parametrize(("sound", "kept"), [("aac", True), ("pcm_s16le", False)])
def test_sound_is_copied(generator: Generator, tmp_path: Path, sound: str, kept: bool) -> None:
    silent, source = film(tmp_path / "silent.mp4", (32, 32), 4), tmp_path / "in.mkv"
    tone = ("-f", "lavfi", "-i", "sine=frequency=440:duration=0.4")
    ffmpeg("-i", str(silent), *tone, "-c:v", "copy", "-c:a", sound, str(source))
    assert translate_video(generator, source, tmp_path / "out.mp4", SYM, "small") == 4
    assert ("Audio: aac" in ffmpeg("-i", str(tmp_path / "out.mp4"))) == kept


def test_what_is_no_film_is_refused(generator: Generator, tmp_path: Path) -> None:
    broken = tmp_path / "broken.mp4"
    broken.write_bytes(b"no film")
    with pytest.raises(ValueError, match="cannot be read as a film"):
        translate_video(generator, broken, tmp_path / "out.mp4", SYM, "small")
    with pytest.raises(FileNotFoundError, match="no such film"):
        translate_video(generator, tmp_path / "none.mp4", tmp_path / "out.mp4", SYM, "small")
    with pytest.raises(ValueError, match=r"written as \.mp4"):
        translate_video(generator, broken, tmp_path / "out.avi", SYM, "small")
    assert [p.name for p in tmp_path.iterdir()] == ["broken.mp4"]
