"""Films as files: original beside translated, above it a colour bar that shows S (supp. B.2)."""

from __future__ import annotations

import io
from collections.abc import Sequence
from pathlib import Path

import imageio_ffmpeg  # type: ignore[import-untyped]
import numpy as np
from jaxtyping import Float
from PIL import Image, ImageDraw, ImageFont
from torch import Tensor

from sgnlib.evaluation.labels import title
from sgnlib.plots.colours import FAINT, INK, PAPER, colour
from sgnlib.shapes import Images
from sgnlib.storage import atomic_write

Points = Float[Tensor, "points domains"]

GIF_LIMIT = 2_000_000
"""Bytes: films are committed, and a page should load on a phone."""

EXACT = ("-threads", "1", "-fflags", "+bitexact", "-flags:v", "+bitexact", "-map_metadata", "-1")
"""FFmpeg's options for the same bytes from the same frames: one thread, no date, no version."""

_HEAD, _GAP, _BAR = 44, 8, 14


def film_frames(
    original: Images, translated: Images, syms: Points, domains: Sequence[str], side: int = 224
) -> list[Image.Image]:
    """Draws every frame: original | translated, with the bar of S above the latter.

    Args:
        original: Frames in [-1, 1].
        translated: As many.
        syms: S of every frame, on the simplex.
        domains: Names of the domains; the bar's parts have their colours.
        side: Side of both pictures in the film, in pixels.
    """
    return [
        _draw(_enlarged(before, side), _enlarged(after, side), sym.tolist(), domains)
        for before, after, sym in zip(original, translated, syms, strict=True)
    ]


def write_mp4(frames: Sequence[Image.Image], path: Path, fps: int = 16) -> Path:
    """Writes H.264, the same bytes for the same frames."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f".{path.stem}.part.mp4")
    writer = imageio_ffmpeg.write_frames(
        str(part), frames[0].size, fps=fps, codec="libx264", quality=8, macro_block_size=2,
        output_params=list(EXACT),
    )  # fmt: skip
    writer.send(None)
    for frame in frames:
        writer.send(np.asarray(frame).tobytes())
    writer.close()
    part.replace(path)
    return path


def write_gif(frames: Sequence[Image.Image], path: Path, fps: int = 16) -> Path:
    """Writes a GIF below GIF_LIMIT: where it would be larger, every second frame is dropped.

    Raises:
        ValueError: Even four frames are too large.
    """
    kept, pace = list(frames), fps
    while len(kept) >= 4:
        data = _gif(kept, 1000 // pace)
        if len(data) <= GIF_LIMIT:
            atomic_write(path, data)
            return path
        kept, pace = kept[::2], max(pace // 2, 1)
    raise ValueError(f"four frames of {frames[0].size} pixels exceed {GIF_LIMIT} bytes")


def _gif(frames: Sequence[Image.Image], milliseconds: int) -> bytes:
    # One palette for all frames keeps the still parts still.
    strip = Image.fromarray(
        np.concatenate([np.asarray(f) for f in frames[:: max(len(frames) // 12, 1)]])
    )
    palette = strip.quantize(160, method=Image.Quantize.MEDIANCUT)
    flat = [f.quantize(palette=palette, dither=Image.Dither.NONE) for f in frames]
    buffer = io.BytesIO()
    flat[0].save(
        buffer, "GIF", save_all=True, append_images=flat[1:], duration=milliseconds, loop=0,
        optimize=False,
    )  # fmt: skip
    return buffer.getvalue()


def _enlarged(image: Float[Tensor, "3 height width"], side: int) -> Image.Image:
    array = ((image.clamp(-1, 1) + 1) * 127.5).round().byte().permute(1, 2, 0).numpy()
    return Image.fromarray(array).resize((side, side), Image.Resampling.BICUBIC)


def _draw(
    before: Image.Image, after: Image.Image, sym: Sequence[float], domains: Sequence[str]
) -> Image.Image:
    side = before.width
    width = 2 * side + 3 * _GAP
    canvas = Image.new("RGB", (width, side + _HEAD + _GAP), PAPER)
    draw = ImageDraw.Draw(canvas)
    font = ImageFont.load_default(size=12)
    right = side + 2 * _GAP
    draw.text((_GAP, _HEAD - 5), "original", INK, font, anchor="ls")
    _bar(draw, (right, _HEAD - 4 - _BAR), side, sym, domains)
    _names(draw, right, side, domains)
    canvas.paste(before, (_GAP, _HEAD))
    canvas.paste(after, (right, _HEAD))
    return canvas


def _bar(
    draw: ImageDraw.ImageDraw,
    corner: tuple[int, int],
    side: int,
    sym: Sequence[float],
    domains: Sequence[str],
) -> None:
    x, y = corner
    edges = np.rint(np.cumsum([0.0, *sym]) * side).astype(int) + x
    for left, right, domain in zip(edges, edges[1:], domains, strict=False):
        if right > left:
            draw.rectangle((int(left), y, int(right) - 1, y + _BAR - 1), fill=colour(domain))
    draw.rectangle((x, y, x + side - 1, y + _BAR - 1), outline=FAINT)


def _names(draw: ImageDraw.ImageDraw, x: int, side: int, domains: Sequence[str]) -> None:
    font = ImageFont.load_default(size=12)
    names = [title(domain) for domain in domains]
    lengths = [draw.textlength(name, font) for name in names]
    gap = (side - sum(lengths)) / max(len(names) - 1, 1)
    at = float(x)
    for name, length, domain in zip(names, lengths, domains, strict=True):
        draw.text((at, 5), name, colour(domain), font, anchor="lt")
        at += length + gap
