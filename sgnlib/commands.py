"""What the commands of `sgn` do. Heavy modules are imported where they are used."""

from __future__ import annotations

import argparse
import os
import shlex
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from sgnlib.experiments import Experiment, Perceptual, at_profile, experiment

if TYPE_CHECKING:
    from torch import Tensor

    from sgnlib.training.runs import Run


def reproduce(given: argparse.Namespace) -> int:
    """Makes every table and figure that is not there yet."""
    from sgnlib.pipeline.reproduce import reproduce

    status = reproduce(given.profile, cores=given.cores, target=given.until, dry_run=given.dry_run)
    if status:
        raise RuntimeError(
            "not everything could be made: the logs of what failed are above and in data/logs; "
            "the same command goes on from here"
        )
    return status


def train(given: argparse.Namespace) -> None:
    """Trains one experiment, or loads its run; under torchrun, the first process reports."""
    from sgnlib.training.loop import train

    run = train(_row(given), fresh=given.fresh, device=given.device, precision=given.precision)
    if os.environ.get("RANK", "0") != "0":
        return
    print(f"{run.experiment.title}, seed {run.experiment.seed}: {run.info['steps']} steps in")
    print(f"  {run.path}")
    where = f"{run.info['device']} in {run.info.get('precision', 'float32')}"
    print(f"  {run.info['seconds']:.0f} s on {where}; perceptual network: {run.features_kind}")
    print(f"  sgn mix --model {run.path.name}")


def evaluate(given: argparse.Namespace) -> None:
    """Prints a run's losses at several S."""
    from sgnlib.evaluation.held_out import points
    from sgnlib.evaluation.tables import loss_table

    run = _trained(given)
    syms = points(len(run.experiment.domains))
    if given.csv:
        _evaluate_held_out(run, syms, given)
        return
    table = loss_table(run, syms)
    print(f"{run.experiment.title}, seed {run.experiment.seed}: means over the test images")
    print(f"perceptual network: {run.features_kind}")
    print(table.to_string(index=False, float_format="%.4f"))


def _evaluate_held_out(run: Run, syms: Tensor, given: argparse.Namespace) -> None:
    from sgnlib.evaluation.held_out import held_out, record
    from sgnlib.nn.backbone import build_features
    from sgnlib.nn.vgg import resolve_features

    features = str(given.features) if given.features else "auto"
    network = build_features(resolve_features(replace(run.experiment, features=features)))
    table = held_out(run, network, syms)
    print(table.to_string(index=False, float_format="%.4f"))
    print(f"KID on {network.kind}; {record(table, run, network, given.csv)}")


def translate(given: argparse.Namespace) -> None:
    """Translates a photo, a folder of photos, or a film."""
    from sgnlib.evaluation.models import find_model
    from sgnlib.evaluation.photos import load_photo, save_photo, translate_photo
    from sgnlib.live.batch import translate_folder
    from sgnlib.live.films import VIDEOS, translate_video
    from sgnlib.training.runtime import choose_device

    if given.output.exists() and given.output.samefile(given.photo):
        raise ValueError(f"{given.photo} would be replaced by its translation; choose another -o")
    is_film = given.photo.suffix.lower() in VIDEOS
    photo = None if is_film or given.photo.is_dir() else load_photo(given.photo)
    model = find_model(given.model, given.profile, given.seed)
    sym = _sym(given.sym, model.domains, given.extrapolate)
    if is_film:
        count = translate_video(model.generator, given.photo, given.output, sym, model.identity)
        what = f"{count} frames"
    else:
        generator = model.generator.to(choose_device(given.device))
        if photo is None:
            made = translate_folder(generator, given.photo, given.output, sym, model.identity)
            what = f"{len(made)} new pictures"
        else:
            save_photo(translate_photo(generator, photo, sym), given.output)
            what = f"{photo.width}x{photo.height}"
    print(f"{given.output}: {what}, S = {sym}, {model.about}")


def _sym(values: Sequence[float], domains: Sequence[str], extrapolate: bool) -> tuple[float, ...]:
    from sgnlib.sym import validate_sym

    for free, advice in ((True, ""), (extrapolate, "; --extrapolate allows it")):
        try:
            sym = validate_sym(values, len(domains), extrapolate=free)
        except ValueError as error:
            raise ValueError(f"{error}; the domains are {', '.join(domains)}{advice}") from error
    return sym


def atlas(given: argparse.Namespace) -> None:
    """Writes a page that needs no kernel."""
    from sgnlib.evaluation.models import find_model
    from sgnlib.live.atlas import photographs, write_atlas

    model = find_model(given.model, given.profile, given.seed)
    photos = photographs(len(model.domains), given.photo)
    path = write_atlas(given.out, model, photos, network=given.network)
    count = f"{len(photos)} photo{'s' * (len(photos) > 1)}"
    print(f"{path}: {count}, {path.stat().st_size / 1e6:.1f} MB; open it in a browser")


def mix(given: argparse.Namespace) -> None:
    """Serves the mixer."""
    from sgnlib.live.app import serve

    serve(
        given.photo,
        model=given.model,
        profile=given.profile,
        seed=given.seed,
        port=given.port,
        browser=not given.no_browser,
    )


def list_experiments(given: argparse.Namespace) -> None:
    """Prints every experiment."""
    from sgnlib.pipeline.listing import listing

    print("\n".join(listing(given.profile)))


def doctor(given: argparse.Namespace) -> None:
    """Prints what this machine has."""
    from sgnlib.doctor import diagnosis

    print("\n".join(diagnosis()))


def import_official(given: argparse.Namespace) -> None:
    """Takes over a checkpoint of the authors."""
    from sgnlib.evaluation.models import import_weights

    path, generator = import_weights(given.checkpoint, given.name)
    zeros = " ".join(["0"] * (generator.domains - 1))
    print(f"{path}: {generator.domains} domains, {len(generator.blocks)} residual blocks")
    print(f"  sgn translate photo.jpg --sym 1 {zeros} --model {path.stem} -o out.png")


def _row(given: argparse.Namespace) -> Experiment:
    row = replace(at_profile(experiment(given.name), given.profile), seed=given.seed)
    if given.features and any(isinstance(domain, Perceptual) for domain in row.domains):
        row = replace(row, features=str(given.features.absolute()), feature_width=1.0)
    if not given.images:
        return row
    from sgnlib.datasets.choice import parse_images, used

    parts = (part.partition("=") for part in given.images)
    local = (f"{name}={Path(path).absolute()}" if path else name for name, _, path in parts)
    chosen = parse_images(shlex.join(local))
    if unused := chosen.own.keys() - used(row):
        raise ValueError(f"{row.name} uses {', '.join(sorted(used(row)))}; not {', '.join(unused)}")
    return replace(row, images=chosen.of(row))


def _trained(given: argparse.Namespace) -> Run:
    from sgnlib.evaluation.models import trained

    return trained(_row(given), given.profile)
