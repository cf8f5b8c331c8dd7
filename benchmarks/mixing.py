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
from unittest import mock

import numpy as np
import pandas as pd
import torch
import torch.nn.functional as F
from PIL import Image

import sgnlib.nn.blocks
from benchmarks import publish, results
from benchmarks.limits import matmul_rate
from benchmarks.timing import machine
from sgnlib.evaluation.models import find_model
from sgnlib.evaluation.report import markdown_table
from sgnlib.live.backends import Backend, Picture, TorchBackend, psnr, to_picture, usable
from sgnlib.live.photos import shipped_photos
from sgnlib.live.preview import Preview
from sgnlib.nn import winograd
from sgnlib.nn.generator import Generator
from sgnlib.shapes import Images
from sgnlib.sym import sample_sym

FILES = ("mixing_exact", "mixing_drag")


def main(arguments: Sequence[str] | None = None) -> None:
    given = _parser().parse_args(arguments)
    torch.manual_seed(0)
    generator = _generator(given)
    photo = shipped_photos(given.size)["astronaut"]
    points = sample_sym((1.0,) * generator.domains, given.rounds, np.random.default_rng(0))
    (exact, rates), drag = exact_pictures(generator, photo, points), drag_frames(generator, photo)
    drag["memory of all variants, GB"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    low, middle, high = np.percentile(rates, (5, 50, 95)) / 1e12
    drag["bfloat16 products, TFLOP/s"] = f"{middle:.1f} ({low:.1f} to {high:.1f})"
    width = generator.stem.conv.out_channels
    weights = f"weights {given.weights.parent.name}" if given.weights else "random weights"
    about = (machine(torch.device("cpu")), f"ngf {width}, {given.size} px, {weights}")
    tables = (exact, drag)
    for table in tables:
        for place, (key, value) in enumerate(zip(publish.KEYS, about, strict=True)):
            table.insert(place, key, value)
    print(text(*tables))
    if given.write:
        files = [results.RESULTS / f"{name}.csv" for name in FILES]
        exact, drag = (
            results.merge(*each, publish.KEYS) for each in zip(tables, files, strict=True)
        )
        results.show("mixing", text(exact, drag))


def text(exact: pd.DataFrame, drag: pd.DataFrame) -> str:
    """What readers see: a table of variants per machine and setting, and all frames in one."""
    keys = list(publish.KEYS)
    parts = [
        f"{setting}, {name}:\n\n{markdown_table(rows.drop(columns=keys).round(1))}"
        for (name, setting), rows in exact.groupby(keys, sort=False)
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
    for backend in usable(generator, photo, *int8(generator)):
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
def authors_layers() -> Iterator[None]:
    """Lets our networks use torch's instance norm and convolutions, as the authors' do."""
    with (
        mock.patch.object(sgnlib.nn.blocks, "instance_norm", F.instance_norm),
        mock.patch.object(winograd, "pays", return_value=False),
    ):
        yield


@torch.inference_mode()
def _authors_form(generator: Generator, photo: Images, sym: torch.Tensor) -> np.ndarray:
    """The network as the authors wrote it: one pass over everything, torch's layers."""
    with authors_layers():
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
    parser.add_argument("--rounds", type=int, default=12)
    parser.add_argument("--write", action="store_true", help="into the README and data/results")
    return parser


if __name__ == "__main__":
    main()
