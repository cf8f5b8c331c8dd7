"""Folders and films translated with the engine of live mixing, a picture at a time."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import imageio_ffmpeg  # type: ignore[import-untyped]
import numpy as np
import torch
from tqdm import tqdm

from sgnlib.datasets.folders import FORMATS, ImageError
from sgnlib.datasets.sampling import to_images
from sgnlib.evaluation.photos import in_fours, load_photo, save_photo, translate_photo
from sgnlib.live.backends import Picture, fastest
from sgnlib.nn.generator import Generator
from sgnlib.storage import atomic_write

VIDEOS = {".mp4", ".mov", ".mkv", ".webm", ".avi", ".m4v", ".gif"}
"""Suffixes that films have."""
MADE_WITH = "translated.json"
"""Says in an output folder with which model and S its pictures were made."""


def translate_folder(
    generator: Generator, folder: Path, output: Path, sym: Sequence[float], about: str
) -> list[Path]:
    """Translates every photo of a folder to PNG; those that are there already are kept.

    Args:
        generator: Trained, on the device to use.
        folder: With images.
        output: Where they go, under their own names.
        sym: S of all.
        about: What the generator is; a folder holds pictures of one generator and one S.

    Returns:
        The pictures that were made by this call.

    Raises:
        ImageError: The folder has no images, or (after all others are done) some are broken.
        ValueError: The output folder holds pictures of another model or S.
    """
    photos = sorted(p for p in folder.iterdir() if p.suffix.lower() in FORMATS)
    if not photos:
        raise ImageError(f"{folder} holds no images; expected are {', '.join(FORMATS)}")
    output.mkdir(parents=True, exist_ok=True)
    _same_as_before(output / MADE_WITH, {"model": about, "sym": list(sym)})
    made, broken = [], []
    for photo in tqdm(photos, unit="photo"):
        result = output / f"{photo.name}.png"
        if result.exists():
            continue
        try:
            save_photo(translate_photo(generator, load_photo(photo), tuple(sym)), result)
            made.append(result)
        except ImageError as error:
            broken.append(str(error))
    if broken:
        raise ImageError(f"{len(broken)} of {len(photos)} are not translated: {'; '.join(broken)}")
    return made


def translate_video(generator: Generator, video: Path, output: Path, sym: Sequence[float]) -> int:
    """Translates a film to H.264, without its sound, a frame in memory at a time.

    Args:
        generator: Trained.
        video: Anything that FFmpeg reads.
        output: Written whole or not at all.
        sym: S of all frames.

    Returns:
        The number of frames.

    Raises:
        FileNotFoundError: No such film.
        ValueError: FFmpeg cannot read it, or the output is no .mp4.
    """
    if not video.is_file():
        raise FileNotFoundError(f"{video}: there is no such film")
    if output.suffix.lower() != ".mp4":
        raise ValueError(f"{output}: a film is written as .mp4")
    point = torch.tensor([list(sym)], dtype=torch.float32)
    frames = imageio_ffmpeg.read_frames(str(video))
    try:
        about = next(frames)
    except (OSError, RuntimeError, StopIteration) as error:
        raise ValueError(f"{video} cannot be read as a film; it may be broken") from error
    part = output.with_name(f".{output.stem}.part.mp4")
    output.parent.mkdir(parents=True, exist_ok=True)
    try:
        count = _write(part, _translated(generator, frames, about, point), about)
        part.replace(output)
    finally:
        part.unlink(missing_ok=True)
    return count


def _translated(
    generator: Generator, frames: Iterator[bytes], about: dict[str, Any], point: torch.Tensor
) -> Iterator[Picture]:
    width, height = about["size"]
    backend = None
    expected = round(about.get("fps", 0) * about.get("duration", 0)) or None
    for frame in tqdm(frames, total=expected, unit="frame"):
        array = np.frombuffer(frame, dtype=np.uint8).reshape(height, width, 3)
        image = in_fours(to_images(torch.from_numpy(array.copy()).permute(2, 0, 1)[None]))
        backend = backend or fastest(generator, image).backend
        yield backend.picture(backend.prepare(image), point)[:height, :width]


def _write(part: Path, pictures: Iterator[Picture], about: dict[str, Any]) -> int:
    writer = imageio_ffmpeg.write_frames(
        str(part), about["size"], fps=about["fps"], quality=8, macro_block_size=2
    )
    writer.send(None)
    count = 0
    try:
        for picture in pictures:
            writer.send(np.ascontiguousarray(picture))
            count += 1
    finally:
        writer.close()
    return count


def _same_as_before(file: Path, made_with: dict[str, Any]) -> None:
    if not file.is_file():
        atomic_write(file, (json.dumps(made_with) + "\n").encode())
        return
    before = json.loads(file.read_text())
    if before != made_with:
        raise ValueError(
            f"{file.parent} holds pictures of {before['model']} at S = {before['sym']}; choose "
            "another folder for another model or S"
        )
