"""How many photos a second are translated: number formats and compilers beside the authors' form.

    python -m benchmarks.inference --device cuda --authors CLONE --into DIR

The generator has the paper's size and random weights. With --authors the reference is the network
of their `model.py`, unchanged; without, ours with torch's instance norm, which computes the same.
Every round gives each variant a turn. TensorRT takes part where it is installed.
"""

from __future__ import annotations

import argparse
import copy
import logging
import runpy
from collections.abc import Callable, Iterator, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pandas as pd
import torch
from torch import nn

from benchmarks import publish, results
from benchmarks.mixing import authors_layers
from benchmarks.timing import Times, about, now
from sgnlib.datasets.sampling import to_pixels
from sgnlib.live.backends import psnr
from sgnlib.nn.generator import Generator
from sgnlib.nn.official import generator_from_official
from sgnlib.shapes import Images, Sym
from sgnlib.training.runtime import choose_device

log = logging.getLogger(__name__)

Translate = Callable[[Images, Sym], Images]

REFERENCE = "authors' form, float32, eager"


def main(arguments: Sequence[str] | None = None) -> None:
    given = _parser().parse_args(arguments)
    torch.set_num_threads(given.threads)
    device = choose_device(given.device)
    torch.manual_seed(0)
    generator, reference = pair(given, device)
    for batch in given.batches:
        table = measure(generator, reference, batch, device, given)
        print(table.to_string(index=False), flush=True)
        if target := publish.folder(given):
            results.merge(table, target / "inference.csv", publish.KEYS)
    if given.write:
        publish.publish()


def pair(given: argparse.Namespace, device: torch.device) -> tuple[Generator, Translate]:
    """Our generator and the reference, with the same weights."""
    if given.authors:
        theirs = runpy.run_path(str(given.authors / "model.py"))["Generator"](3, 3)
        ours = generator_from_official(theirs.state_dict())
        return _ready(ours, device), _ready(theirs, device)
    ours = _ready(Generator(3, ngf=given.ngf, n_blocks=given.blocks), device)

    def translate(images: Images, sym: Sym) -> Images:
        with authors_layers():
            return ours(images, sym)

    return ours, translate


@torch.inference_mode()
def measure(
    generator: Generator,
    reference: Translate,
    batch: int,
    device: torch.device,
    given: argparse.Namespace,
) -> pd.DataFrame:
    """A row per variant at one batch size; one that fails has none; the log says why."""
    images = torch.rand(batch, 3, given.size, given.size, device=device) * 2 - 1
    sym = torch.full((batch, 3), 1 / 3, device=device)
    wanted = generator(images, sym)
    all_variants = {REFERENCE: reference} | dict(variants(generator, device))
    times = {name: Times(name) for name in all_variants}
    likeness: dict[str, float] = {}
    for _ in range(given.rounds + 1):
        for name, translate in all_variants.items():
            if name in times:
                try:
                    begun = now(device)
                    for _ in range(given.each):
                        got = translate(images, sym)
                    times[name].note(now(device) - begun, given.each)
                except Exception as error:  # memory, compilers, drivers
                    log.warning("%s is left out at batch %d: %s", name, batch, error)
                    del times[name]
                    continue
                likeness[name] = _psnr(got, wanted)
    return _table(times, likeness, batch, given.size, device)


def variants(generator: Generator, device: torch.device) -> Iterator[tuple[str, Translate]]:
    """Ours in the number formats of the device, plain and compiled."""
    yield "ours, float32", _as(generator, torch.float32)
    if device.type == "cpu":
        return  # `benchmarks.mixing` compares what a CPU has
    for dtype in (torch.bfloat16, torch.float16):
        yield f"ours, {str(dtype).removeprefix('torch.')}", _as(generator, dtype)
    for mode in ("reduce-overhead", "max-autotune"):
        yield f"ours, float16, compiled {mode}", _as(generator, torch.float16, mode=mode)
    if find_spec("torch_tensorrt"):
        import torch_tensorrt  # noqa: F401

        yield "ours, float16, TensorRT", _as(generator, torch.float16, backend="tensorrt")


def _as(generator: Generator, dtype: torch.dtype, **compiler: Any) -> Translate:
    layout = torch.contiguous_format if dtype == torch.float32 else torch.channels_last
    model: nn.Module = copy.deepcopy(generator).to(dtype).to(memory_format=layout)
    compute: Any = torch.compile(model, **compiler) if compiler else model

    def translate(images: Images, sym: Sym) -> Images:
        inputs = images.to(dtype).contiguous(memory_format=layout)
        return compute(inputs, sym.to(dtype))

    return translate


def _ready(network: Any, device: torch.device) -> Any:
    return network.to(device).eval().requires_grad_(False)


def _psnr(got: Images, wanted: Images) -> float:
    one, other = (to_pixels(images.float().cpu()).numpy() for images in (got, wanted))
    return psnr(one, other)


def _table(
    times: dict[str, Times], likeness: dict[str, float], batch: int, size: int, device: torch.device
) -> pd.DataFrame:
    reference = times[REFERENCE].step if REFERENCE in times else float("nan")
    return pd.DataFrame(
        [
            about(f"{size} px, batch {batch}", device)
            | {
                "variant": name,
                "ms": 1000 * one.step,
                "images/s": batch / one.step,
                "times faster": reference / one.step,
                "set-up, s": one.setup,
                "PSNR, dB": likeness[name],
            }
            for name, one in times.items()
        ]
    )


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--authors", type=Path, metavar="CLONE", help="the authors' code")
    parser.add_argument("--device", default="auto", help="cpu, cuda, ... (default auto)")
    parser.add_argument("--threads", type=int, default=2, help="of the CPU (default 2)")
    parser.add_argument("--batches", type=int, nargs="+", default=[1, 4, 16, 64], metavar="N")
    parser.add_argument("--size", type=int, default=256, help="side in pixels (default 256)")
    parser.add_argument("--ngf", type=int, default=64, help="width, without --authors (default 64)")
    parser.add_argument(
        "--blocks", type=int, default=9, help="residual blocks, without --authors (default 9)"
    )
    parser.add_argument("--rounds", type=int, default=7, help="turns that count (default 7)")
    parser.add_argument("--each", type=int, default=5, help="passes per turn (default 5)")
    publish.add_options(parser)
    return parser


if __name__ == "__main__":
    main()
