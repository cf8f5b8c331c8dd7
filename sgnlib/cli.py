"""The command `sgn`. Heavy modules are imported where they are used: `sgn --help` must be quick."""

from __future__ import annotations

import argparse
import sys
import textwrap
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from sgnlib import __version__, commands, data_commands, network
from sgnlib.experiments import EXPERIMENTS, PROFILES
from sgnlib.training.signals import noting_interrupts

Command = data_commands.Command
Add = data_commands.Add

EXIT_CODES = (
    "exit status: 0 done, 1 an error (one line on stderr says which), 2 wrong usage, 130 Ctrl-C"
)

SWITCHES = {
    "--debug": "show where an error came from",
    "--offline": "never use the network, as SGN_OFFLINE=1 says for everything",
}

MODELS = "experiment, run, imported model, or .safetensors file (default model-1)"


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs a command; returns its exit status."""
    given = build_parser().parse_args(arguments)
    if "offline" in given:
        network.shut()
    stopped = threading.Event()
    try:
        with noting_interrupts(stopped):
            return given.command(given) or 0
    except KeyboardInterrupt as reason:
        print(f"sgn: {str(reason) or 'stopped'}", file=sys.stderr)
        return 130
    except BrokenPipeError:  # the reader, such as `head`, has seen enough
        sys.stderr.close()
        return 0
    except Exception as error:
        if "debug" in given:
            raise
        if stopped.is_set():  # a module was just being imported, and made this of Ctrl-C
            print("sgn: stopped", file=sys.stderr)
            return 130
        print(f"sgn: error: {_one_line(error)}", file=sys.stderr)
        return 1


def _one_line(error: Exception) -> str:
    text = str(error.args[0]) if isinstance(error, KeyError) and error.args else str(error)
    if isinstance(error, OSError) and error.filename and not error.filename2:
        text = f"{error.filename}: {error.strerror}"
    return " ".join(text.split()) or f"{type(error).__name__}; --debug shows where"


# ------------------------------------------------------------------------------------- the parser


def build_parser() -> argparse.ArgumentParser:
    """All commands with their options."""
    parser = argparse.ArgumentParser(
        prog="sgn",
        description="Sym-parameterized generative networks (ICCV 2019), reproduced.",
        epilog=f"`sgn COMMAND --help` shows an example of each command.\n{EXIT_CODES}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="version", version=f"sgn {__version__}")
    add = _adder(parser)
    _add_batch(add)
    _add_single(add)
    data_commands.add_to(add, _adder)
    _add_photos(add)
    _add_mixing(add)
    add(
        "doctor",
        commands.doctor,
        "print versions, device, threads, cache, and what will be used",
        "sgn doctor",
    )
    return parser


def _adder(parser: argparse.ArgumentParser) -> Add:
    """A function that adds a command to a parser."""
    subparsers = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)

    def add(name: str, command: Command, text: str, example: str) -> argparse.ArgumentParser:
        added = subparsers.add_parser(
            name,
            help=text,
            description=f"{text[0].upper()}{text[1:]}.",
            epilog="example:\n" + textwrap.indent(textwrap.dedent(example).strip(), "  "),
            formatter_class=argparse.RawDescriptionHelpFormatter,
        )
        added.set_defaults(command=command)
        # No default: a nested command would overwrite what is set.
        for flag, told in SWITCHES.items():
            added.add_argument(
                flag, action="store_const", const=True, default=argparse.SUPPRESS, help=told
            )
        return added

    return add


def _add_batch(add: Add) -> None:
    batch = add(
        "reproduce",
        commands.reproduce,
        "make every table and figure that is not there yet",
        "sgn reproduce --profile quick --cores 2",
    )
    _profile(batch, "quick")
    batch.add_argument("--cores", default="all", metavar="N", help="CPU cores to use (default all)")
    batch.add_argument("--until", default="all", choices=("all", "notebooks", "trainings"))
    batch.add_argument("--dry-run", action="store_true", help="only say what would be done")
    table = add(
        "list",
        commands.list_experiments,
        "show every experiment: domains, sizes, state of its runs, expected time",
        "sgn list --profile laptop",
    )
    _profile(table, "quick")


def _add_single(add: Add) -> None:
    train = add(
        "train",
        commands.train,
        "train one experiment; a broken training goes on, a finished one is kept",
        """
        sgn train model-3 --profile quick
        sgn train model-3 --profile laptop --images summer=photos/summer winter=photos/winter
        sgn train model-1 --profile paper --images real    (after sgn data get)
        """,
    )
    _run(train)
    train.add_argument("--fresh", action="store_true", help="train anew what is there already")
    train.add_argument("--device", default="auto", help="cpu, cuda, cuda:1, ... (default auto)")
    train.add_argument(
        "--precision",
        default="auto",
        choices=("auto", "float32", "bfloat16"),
        help="default auto: bfloat16 where the device computes it faster, else float32",
    )
    evaluate = add(
        "evaluate",
        commands.evaluate,
        "print a run's losses on test images at several S, as in Table 3",
        """
        sgn evaluate model-1 --profile quick --seed 0
        sgn evaluate model-3 --profile laptop --csv results.csv    (KID to every painter too)
        """,
    )
    _run(evaluate)
    evaluate.add_argument(
        "--csv",
        type=Path,
        metavar="FILE",
        help="measure KID to every painter too, on VGG16's features or those of --features, and "
        "write it all into FILE, beside what other models left there",
    )


def _add_photos(add: Add) -> None:
    translate = add(
        "translate",
        commands.translate,
        "translate a photo of any size, a folder of photos or a film to a mix of domains",
        """
        sgn translate photo.jpg --sym 0.3 0.2 0.5 -o out.png
        sgn translate photos/ --sym 0.3 0.2 0.5 -o translated/    (goes on where it was killed)
        sgn translate film.mp4 --sym 0 1 0 -o out.mp4             (so does this)
        sgn translate photo.jpg --sym 0 1.5 0 --extrapolate --model model-2 -o out.png
        sgn translate photo.jpg --sym 0 1 0 --model Model1 -o out.png    (after import-official)
        """,
    )
    translate.add_argument("photo", type=Path)
    translate.add_argument(
        "--sym",
        type=float,
        nargs="+",
        required=True,
        metavar="S",
        help="one weight per domain, in the order of `sgn list`; not negative, sum 1",
    )
    translate.add_argument(
        "-o", "--output", type=Path, required=True, help="image, folder or .mp4 to write"
    )
    _model(translate)
    translate.add_argument(
        "--extrapolate", action="store_true", help="allow S outside the simplex, as in Fig. 1"
    )
    translate.add_argument("--device", default="auto", help="cpu, cuda, ... (default auto)")
    official = add(
        "import-official",
        commands.import_official,
        "take over a checkpoint released by the authors",
        "sgn import-official Model1.pth",
    )
    official.add_argument("checkpoint", type=Path)
    official.add_argument("--name", help="what to call it (default: the file's name)")


def _add_mixing(add: Add) -> None:
    atlas = add(
        "atlas",
        commands.atlas,
        "write one HTML page in which a model's domains are mixed by hand, without a kernel",
        """
        sgn atlas model-1
        sgn atlas model-3 --profile quick --photo lake.jpg hill.jpg --out atlas.html
        sgn atlas model-1 --network
        """,
    )
    _model(atlas, "model", nargs="?")
    atlas.add_argument(
        "--photo",
        type=Path,
        action="extend",
        nargs="+",
        default=[],
        metavar="FILE",
        help="own photos, cropped to squares (default: photographs that are shipped)",
    )
    atlas.add_argument("--out", type=Path, default=Path("atlas.html"), help="page to write")
    atlas.add_argument(
        "--network",
        action="store_true",
        help="put the network into the page: it translates its readers' own photos (6 MB more; "
        "once, npm is asked for onnxruntime-web)",
    )
    mix = add(
        "mix",
        commands.mix,
        "mix the domains of a photo by hand, in the browser, on this machine only",
        """
        sgn mix
        sgn mix photo.jpg --model model-2
        """,
    )
    mix.add_argument("photo", type=Path, nargs="?", help="default: photographs that are shipped")
    _model(mix)
    mix.add_argument("--port", type=int, default=0, help="default: a free one")
    mix.add_argument("--no-browser", action="store_true", help="only print the address")


def _model(parser: argparse.ArgumentParser, name: str = "--model", **more: Any) -> None:
    parser.add_argument(name, default="model-1", help=MODELS, **more)
    _profile(parser, None)
    parser.add_argument("--seed", type=int, default=0)


def _profile(parser: argparse.ArgumentParser, default: str | None) -> None:
    largest = "default: the largest that is trained or shipped, smoke aside"
    told = f"default {default}" if default else largest
    parser.add_argument("--profile", default=default, choices=PROFILES, help=told)


def _run(parser: argparse.ArgumentParser) -> None:
    names = [row.name for row in EXPERIMENTS]
    parser.add_argument("name", choices=names, metavar="NAME", help=f"one of {', '.join(names)}")
    _profile(parser, "quick")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument(
        "--images",
        action="extend",
        nargs="+",
        default=[],
        metavar="DOMAIN=FOLDER",
        help="own images of a domain (for a style image: a file) in place of the embedded ones; "
        "the word `real`: all that `sgn data get` has got",
    )
    parser.add_argument(
        "--features",
        metavar="FILE",
        type=Path,
        help="another perceptual network: .npz or .safetensors with a plain VGG's layers",
    )


if __name__ == "__main__":
    sys.exit(main())
