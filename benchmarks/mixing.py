"""How fast a picture follows S: every way to compute it, side by side with the authors' form.

    python -m benchmarks.mixing --write      about a minute; into the README and data/results
    python -m benchmarks.mixing --weights run/generator.safetensors

Every round times each variant once, in turn, so that a busy moment meets them all.
"""

from __future__ import annotations

import argparse
import io
import resource
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from statistics import median

import numpy as np
import pandas as pd
import torch
import torch.nn.functional as F
from PIL import Image

import sgnlib.nn.blocks
from benchmarks import results
from benchmarks.limits import matmul_rate
from benchmarks.timing import machine
from sgnlib.evaluation.models import find_model
from sgnlib.evaluation.report import markdown_table
from sgnlib.live.backends import Backend, Picture, TorchBackend, psnr, to_picture, usable
from sgnlib.live.photos import shipped_photos
from sgnlib.live.preview import Preview
from sgnlib.nn.generator import Generator
from sgnlib.shapes import Images
from sgnlib.sym import sample_sym

VARIANTS, FRAMES = (results.RESULTS / f"mixing_{name}.csv" for name in ("exact", "drag"))

KEYS = ("machine", "weights")
"""A new measurement takes the place of those of the same machine and weights."""


def main() -> None:
    given = _parser().parse_args()
    torch.manual_seed(0)
    generator = _generator(given)
    photo = shipped_photos(given.size)["astronaut"]
    points = sample_sym((1.0,) * generator.domains, given.rounds, np.random.default_rng(0))
    (exact, rates), drag = exact_pictures(generator, photo, points), drag_frames(generator, photo)
    drag["memory, GB"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    drag["bfloat16 products, TFLOP/s"] = median(rates) / 1e12
    weights = "trained weights" if given.weights else "random weights"
    about = (machine(torch.device("cpu")), weights)
    for frame in (exact, drag):
        for place, (key, value) in enumerate(zip(KEYS, about, strict=True)):
            frame.insert(place, key, value)
    if given.write:
        exact, drag = results.merge(exact, VARIANTS, KEYS), results.merge(drag, FRAMES, KEYS)
        results.show("mixing", text(exact, drag))
    else:
        print(text(exact, drag))


def text(exact: pd.DataFrame, drag: pd.DataFrame) -> str:
    """What readers see: a table of variants per machine and weights, and all frames in one."""
    parts = [
        f"{name}, {weights}:\n\n{markdown_table(rows.drop(columns=list(KEYS)).round(1))}"
        for (name, weights), rows in exact.groupby(list(KEYS), sort=False)
    ]
    frames = markdown_table(drag.round(2))
    return "\n\n".join([*parts, f"While dragging, from S to the bytes of a JPEG:\n\n{frames}"])


def exact_pictures(
    generator: Generator, photo: Images, points: torch.Tensor
) -> tuple[pd.DataFrame, list[float]]:
    """Medians in ms, ratios to the authors' form, and the least PSNR to it over all S.

    Returns:
        The table, and the rate of bfloat16 products in every round, in operations per second.
    """
    variants: dict[str, Callable[[torch.Tensor], np.ndarray]] = {
        "authors' form, float32, eager": lambda sym: _authors_form(generator, photo, sym)
    }
    for backend in [*usable(generator, photo), *int8(generator)]:
        prepared = backend.prepare(photo)
        variants[backend.name] = lambda sym, b=backend, p=prepared: b.picture(p, sym)
    times: dict[str, list[float]] = {name: [] for name in variants}
    likeness: dict[str, list[float]] = {name: [] for name in variants}
    rates = []
    for number, point in enumerate(points[:, None]):
        pictures = {}
        for name, picture in variants.items():
            start = time.perf_counter()
            pictures[name] = picture(point)
            if number:  # the first round compiles
                times[name].append(time.perf_counter() - start)
        rates.append(matmul_rate(torch.device("cpu"), side=512))
        wanted = next(iter(pictures.values()))
        for name, got in pictures.items():
            likeness[name].append(psnr(got, wanted))
    reference = median(next(iter(times.values())))
    table = pd.DataFrame(
        {
            "variant": list(variants),
            "ms": [1000 * median(times[name]) for name in variants],
            "times faster": [reference / median(times[name]) for name in variants],
            "least PSNR, dB": [min(likeness[name]) for name in variants],
        }
    )
    return table, rates


def int8(generator: Generator) -> Iterator[Backend]:
    """The way that the engine does not choose by itself."""
    try:
        from sgnlib.live.openvino import OpenVINOBackend
    except ImportError:  # not built for every processor
        return
    yield OpenVINOBackend(generator, "int8")


def drag_frames(generator: Generator, photo: Images, frames: int = 300) -> pd.DataFrame:
    """A frame while dragging: a blend and its JPEG, and how near the exact picture it is."""
    backend = TorchBackend(generator)
    prepared = backend.prepare(photo)

    def exact(sym: Sequence[float]) -> Picture:
        return backend.picture(prepared, torch.tensor([list(sym)]))

    preview = Preview(generator.domains)
    preview.fill(exact)
    points = sample_sym((1.0,) * generator.domains, frames, np.random.default_rng(1))
    times, likeness = [], []
    for number, point in enumerate(points):
        start = time.perf_counter()
        picture = preview.blend(point.tolist())
        assert picture is not None
        Image.fromarray(picture).save(io.BytesIO(), "JPEG", quality=90)
        times.append(1000 * (time.perf_counter() - start))
        if number < 40:
            likeness.append(psnr(picture, exact(point.tolist())))
    row = {
        "nodes": len(preview),
        "median ms": median(times),
        "95th percentile ms": float(np.percentile(times, 95)),
        "median PSNR, dB": median(likeness),
        "least PSNR, dB": min(likeness),
    }
    return pd.DataFrame([row])


@contextmanager
def authors_norm() -> Iterator[None]:
    """Lets our networks use torch's instance norm, as the authors' do."""
    ours = sgnlib.nn.blocks.instance_norm
    sgnlib.nn.blocks.instance_norm = F.instance_norm
    try:
        yield
    finally:
        sgnlib.nn.blocks.instance_norm = ours


@torch.inference_mode()
def _authors_form(generator: Generator, photo: Images, sym: torch.Tensor) -> np.ndarray:
    """The network as the authors wrote it: one pass over everything, torch's instance norm."""
    with authors_norm():
        return to_picture(generator(photo, sym))


def _generator(given: argparse.Namespace) -> Generator:
    if given.weights:
        return find_model(str(given.weights), None).generator
    return Generator(3, ngf=given.ngf).eval().requires_grad_(False)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--weights", type=Path, help="trained ones; default: random ones")
    parser.add_argument("--ngf", type=int, default=64, help="width of random weights (default 64)")
    parser.add_argument("--size", type=int, default=256, help="side in pixels (default 256)")
    parser.add_argument("--write", action="store_true", help="put the tables into the README")
    parser.add_argument("--rounds", type=int, default=12)
    return parser


if __name__ == "__main__":
    main()
