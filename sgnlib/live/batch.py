"""Folders of photos translated, a picture at a time.

In float32 torch, not with the quickest backend: a picture is to be the same as when it is
translated alone, and photos of many sizes would each be compiled for anew.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tqdm import tqdm

from sgnlib.datasets.folders import FORMATS, ImageError
from sgnlib.evaluation.photos import load_photo, save_photo, translate_photo
from sgnlib.nn.generator import Generator
from sgnlib.storage import atomic_write

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
