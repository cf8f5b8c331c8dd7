"""Everything that wants a GPU, in order of worth, unattended and in as many calls as it takes.

    python -m benchmarks.gpu --minutes 25 --out DIR --authors CLONE --data summer=DIR ...
    python -m benchmarks.gpu --smoke --minutes 9 --out DIR        on a CPU: shows that it runs

First the machine's facts; the training step and the translation beside the authors' code; the tests
against the authors' numbers on the GPU; loss curves of the number formats. Then Model 3, Model 1
with its six baselines, Model 2 with CONCAT and CBN, for as many steps as the time allows: decided
beforehand, from the measured steps, so that every learning rate runs its whole course. A call of
fewer minutes than --total stops in time, and the next one goes on where it was. After every piece
DIR holds all that there is: at most 8 files of 16 MiB, 64 MiB together (`benchmarks.packing`).
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

from benchmarks.packing import pack
from benchmarks.tasks import Ledger, Task, work_off
from sgnlib import paths

SMALL = ("*.json", "logs/*", "tables/*", "grids/*", "results/*")
"""What is always packed."""

PARITY = ("tests/training/test_golden.py", "tests/nn/test_generator.py")


def main(arguments: Sequence[str] | None = None) -> None:
    begun = time.monotonic()
    given = _parser().parse_args(arguments)
    work = given.work.absolute()
    os.environ["SGN_DATA"] = str(work)  # runs and decoded images
    os.environ.setdefault("SGN_OFFLINE", "1")
    ledger = Ledger(work / "ledger.json")
    total = 60 * (given.total or given.minutes)

    def deliver() -> None:
        left_out = pack(_small(work), _weights(work), work, given.out)
        if left_out:
            print(f"no room for {', '.join(path.name for path in left_out)}", flush=True)

    work_off(
        tasks(given, work, ledger, total),
        ledger,
        logs=work / "logs",
        seconds=60 * given.minutes - (time.monotonic() - begun),
        after=deliver,
    )
    print(f"{ledger.used:.0f} of {total:.0f} s used; {given.out} holds what there is")


def tasks(given: argparse.Namespace, work: Path, ledger: Ledger, total: float) -> Iterator[Task]:
    """All pieces; the models are known when their plan is made."""
    if shutil.which("nvidia-smi"):
        yield Task("nvidia-smi", ["nvidia-smi", "-q"], seconds=20)
    yield Task("machine", [sys.executable, "-m", "sgnlib.cli", "doctor"], seconds=120)
    yield from measurements(given, work / "results")
    options = ["--work", str(work), "--threads", str(given.threads), *_models_options(given)]
    rest = f"{max(total - ledger.used - 30, 0):.0f}"
    yield _module("plan", "models", "plan", "--seconds", rest, *options, seconds=240)
    for name in _planned(work):
        yield _module(name, "models", "make", name, *options, seconds=total, resumes=True)
        if name == "model-1-hyper-0.5-0-0.5":  # the last of Table 3
            yield _module("table3", "models", "table3", *options, seconds=240)


def measurements(given: argparse.Namespace, results: Path) -> Iterator[Task]:
    """What is measured rather than trained."""
    into = ["--into", str(results), "--threads", str(given.threads)]
    clone = ["--authors", str(given.authors.absolute())] if given.authors else []
    tiny = ["--size", "32", "--ngf", "4", "--blocks", "1", "--batches", "1", "--rounds", "1"]
    small = given.smoke
    yield _module(
        "training", "training", *into, *clone, *(["--smoke", "--rounds", "1"] if small else [])
    )
    yield _module("inference", "inference", *into, *clone, *(tiny if small else []))
    python = [sys.executable, "-m", "pytest", "-q", "-rs", "-o", "addopts=", "-p"]
    yield Task("parity", [*python, "no:cacheprovider", *PARITY], seconds=180)
    if curves := _curves(given):
        yield _module("precision", "precision", *into, *curves)


def _curves(given: argparse.Namespace) -> list[str]:
    """Options of the loss curves; none where there are no images for them."""
    if given.smoke:
        return ["--steps", "20", "--seeds", "2"]
    named = {part.split("=", 1)[0] for part in given.data}
    for name, needed in (
        ("model-1", {"photo", "vangogh"}),
        ("model-3", {"summer", "winter", "monet"}),
    ):
        if needed <= named:
            return ["--name", name, "--profile", "paper", "--steps", "300", *_images(given)]
    return []


def _models_options(given: argparse.Namespace) -> list[str]:
    profile = ["--profile", "smoke" if given.smoke else "paper"]
    network = ["--features", str(given.features)] if given.features else []
    return [*profile, *network, *_images(given)]


def _images(given: argparse.Namespace) -> list[str]:
    return ["--images", *given.data] if given.data else []


def _module(
    name: str, module: str, *options: str, seconds: float = 300, resumes: bool = False
) -> Task:
    command = [sys.executable, "-m", f"benchmarks.{module}", *options]
    return Task(name, command, seconds=seconds, resumes=resumes)


def _small(work: Path) -> list[Path]:
    return [path for pattern in SMALL for path in sorted(work.glob(pattern)) if path.is_file()]


def _planned(work: Path) -> list[str]:
    plan = work / "plan.json"
    return list(json.loads(plan.read_text())["steps"]) if plan.is_file() else []


def _weights(work: Path) -> list[Path]:
    """Finished models' weights in the order of the plan, each after the file that tells of it."""
    names = _planned(work)
    files = [
        work / "weights" / f"{name}{end}" for name in names for end in (".json", ".safetensors")
    ]
    return [file for file in files if file.is_file()]


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    add = parser.add_argument
    add("--minutes", type=float, required=True, help="of this call")
    add("--total", type=float, help="minutes of all calls (default: as --minutes)")
    add("--out", type=Path, required=True, help="folder for the packed results")
    work = paths.data_dir() / "gpu"
    add("--work", type=Path, default=work, help=f"folder that lasts between calls (default {work})")
    add("--authors", type=Path, metavar="CLONE", help="the authors' code")
    add("--data", nargs="+", default=[], metavar="DOMAIN=FOLDER", help="real images of domains")
    add("--features", type=Path, metavar="FILE", help="perceptual network, as for sgn train")
    add("--threads", type=int, default=min(16, os.cpu_count() or 1), help="of the CPU")
    add("--smoke", action="store_true", help="tiny sizes, painted images")
    return parser


if __name__ == "__main__":
    main()
