"""A film of a tour through the simplex, with the colour bar of the paper's video (supp. B.2)."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Literal

import torch

from sgnlib.datasets.sampling import to_images
from sgnlib.live.backends import Backend
from sgnlib.plots.film import film_frames, write_gif, write_mp4
from sgnlib.shapes import Images

Kind = Literal["MP4", "GIF"]


def tour_film(
    backend: Backend,
    photo: Images,
    syms: Sequence[Sequence[float]],
    domains: Sequence[str],
    kind: Kind = "MP4",
) -> bytes:
    """The photo beside its translations, S as a bar above.

    Args:
        backend: Computes the translations.
        photo: A batch of one in [-1, 1].
        syms: S of every frame, on the simplex.
        domains: Names of the domains.
        kind: H.264, or a GIF of at most `plots.film.GIF_LIMIT` bytes, with fewer frames if need be.
    """
    prepared = backend.prepare(photo)
    points = torch.tensor(syms, dtype=torch.float32)
    pictures = [torch.from_numpy(backend.picture(prepared, s[None])) for s in points]
    translated = to_images(torch.stack(pictures).permute(0, 3, 1, 2))
    frames = film_frames(photo.expand(len(points), -1, -1, -1), translated, points, domains)
    write = {"MP4": write_mp4, "GIF": write_gif}[kind]
    with tempfile.TemporaryDirectory() as folder:
        return write(frames, Path(folder) / f"tour.{kind.lower()}").read_bytes()
