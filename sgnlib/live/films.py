"""Films translated in segments, so that a killed translation goes on where it was."""

from __future__ import annotations

import itertools
import json
import logging
import os
import shutil
import subprocess
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import imageio_ffmpeg  # type: ignore[import-untyped]
import numpy as np
import torch
from tqdm import tqdm

from sgnlib.datasets.sampling import to_images
from sgnlib.evaluation.photos import in_fours
from sgnlib.live.backends import Backend, Picture, fastest, usable
from sgnlib.nn.generator import Generator
from sgnlib.plots.film import EXACT
from sgnlib.shapes import Images
from sgnlib.storage import atomic_write, move

log = logging.getLogger(__name__)

VIDEOS = {".mp4", ".mov", ".mkv", ".webm", ".avi", ".m4v", ".gif"}
"""Suffixes that films have."""
SEGMENT = 64
"""Frames that a kill costs at most."""
MADE_WITH, ENGINE = "made_with.json", "engine"
"""In the folder of segments: what they are of, and which backend makes them."""


def translate_video(
    generator: Generator, video: Path, output: Path, sym: Sequence[float], about: str
) -> int:
    """Translates a film to H.264, a frame in memory at a time; the sound is copied if MP4 has it.

    Segments wait in a hidden folder beside the output until all are there. The same call after a
    kill makes those that are missing, with the same backend: the film is the same to the byte.

    Args:
        generator: Trained.
        video: Anything that FFmpeg reads.
        output: Written whole or not at all.
        sym: S of all frames.
        about: What the generator is; segments of another one are made anew.

    Returns:
        The number of frames.

    Raises:
        FileNotFoundError: No such film.
        ValueError: FFmpeg cannot read it, it is empty, or the output is no .mp4.
    """
    if not video.is_file():
        raise FileNotFoundError(f"{video}: there is no such film")
    if output.suffix.lower() != ".mp4":
        raise ValueError(f"{output}: a film is written as .mp4")
    frames = imageio_ffmpeg.read_frames(str(video))
    try:
        film = next(frames)
    except (OSError, RuntimeError, StopIteration) as error:
        raise ValueError(f"{video} cannot be read as a film; it may be broken") from error
    folder = output.with_name(f".{output.stem}.segments")
    stat = video.stat()
    origin = [str(video.absolute()), stat.st_size, stat.st_mtime_ns]
    done = _segments_of(folder, {"model": about, "sym": list(sym), "film": origin, "of": SEGMENT})
    point = torch.tensor([list(sym)], dtype=torch.float32)
    pictures = _translated(generator, frames, film, point, folder, skip=len(done) * SEGMENT)
    for number in itertools.count(len(done)):
        if (first := next(pictures, None)) is None:
            break
        rest = itertools.islice(pictures, SEGMENT - 1)
        done.append(_write(folder / f"{number:06}.mp4", itertools.chain([first], rest), film))
    if not done:
        raise ValueError(f"{video} holds no frames")
    _join(done, video, output)
    shutil.rmtree(folder)
    return int(imageio_ffmpeg.count_frames_and_secs(str(output))[0])


def _segments_of(folder: Path, made_with: dict[str, Any]) -> list[Path]:
    """The segments that are there; a folder with those of something else is emptied."""
    file, told = folder / MADE_WITH, json.dumps(made_with)
    if not file.is_file() or file.read_text() != told:
        shutil.rmtree(folder, ignore_errors=True)
        atomic_write(file, told.encode())
    return sorted(folder.glob("[0-9]*.mp4"))


def _translated(
    generator: Generator,
    frames: Iterator[bytes],
    film: dict[str, Any],
    point: torch.Tensor,
    folder: Path,
    skip: int,
) -> Iterator[Picture]:
    width, height = film["size"]
    backend = None
    expected = round(film.get("fps", 0) * film.get("duration", 0)) or None
    # What is skipped is decoded all the same: not every format can be entered at any frame.
    rest = itertools.islice(tqdm(frames, total=expected, unit="frame"), skip, None)
    for frame in rest:
        array = np.frombuffer(frame, dtype=np.uint8).reshape(height, width, 3)
        image = in_fours(to_images(torch.from_numpy(array.copy()).permute(2, 0, 1)[None]))
        backend = backend or _engine(generator, image, folder / ENGINE)
        yield backend.picture(backend.prepare(image), point)[:height, :width]


def _engine(generator: Generator, image: Images, file: Path) -> Backend:
    """The backend that has made the segments so far; the fastest if there are none."""
    before = file.read_text() if file.is_file() else None
    for backend in usable(generator, image) if before else ():
        if backend.name == before:
            return backend
    chosen = fastest(generator, image).backend
    atomic_write(file, chosen.name.encode())
    return chosen


def _write(segment: Path, pictures: Iterable[Picture], film: dict[str, Any]) -> Path:
    """Encodes a segment, whole or not at all."""
    part = segment.with_name("part.mp4")
    writer = imageio_ffmpeg.write_frames(
        str(part), film["size"], fps=film["fps"], quality=8, macro_block_size=2,
        # Frames in the order in which they are shown: a segment's last one is then its end, and
        # a player finds neither gap nor overlap at a seam.
        output_params=[*EXACT, "-bf", "0"],
    )  # fmt: skip
    writer.send(None)
    try:
        for picture in pictures:
            writer.send(np.ascontiguousarray(picture))
    finally:
        writer.close()
    with part.open("rb+") as written:
        os.fsync(written.fileno())
    move(part, segment)
    return segment


def _join(segments: Sequence[Path], video: Path, output: Path) -> None:
    """Puts segments together without encoding anew, with the sound of the original."""
    folder = segments[0].parent
    listing, part = folder / "list.txt", folder / "joined.mp4"
    listing.write_text("".join(f"file '{segment.name}'\n" for segment in segments))
    sources = ["-f", "concat", "-i", str(listing.absolute()), "-i", str(video.absolute())]
    for sound in (["-map", "1:a?"], []):
        command = [
            *(imageio_ffmpeg.get_ffmpeg_exe(), "-v", "error", "-y", *sources, "-map", "0:v"),
            *(*sound, "-c", "copy", "-fflags", "+bitexact", "-map_metadata", "-1", str(part)),
        ]
        result = subprocess.run(command, capture_output=True, text=True)
        if result.returncode == 0:
            part.replace(output)
            return
        log.warning("%s: without its sound: %s", output, result.stderr.strip())
    raise RuntimeError(f"FFmpeg cannot join the segments in {folder}: {result.stderr.strip()}")
