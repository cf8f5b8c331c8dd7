"""The command `sgn`: what it does, how it fails, and that it starts at once."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import safetensors.torch
import torch
from PIL import Image

from sgnlib import cli, paths
from sgnlib.experiments import EXPERIMENTS, MODEL_3, smoke
from sgnlib.nn.generator import Generator
from sgnlib.storage import write_hashed
from sgnlib.training.loop import train

COMMANDS = (
    "reproduce", "train", "evaluate", "translate", "mix", "atlas", "list", "doctor",
    "import-official", "data", "data get", "data list", "data check",
)  # fmt: skip
Capture = pytest.CaptureFixture[str]


@pytest.fixture(autouse=True)
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty data folder, but for images that are painted already."""
    paths.cache_dir().mkdir(parents=True, exist_ok=True)
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "cache").symlink_to(paths.cache_dir())
    monkeypatch.setenv("SGN_DATA", str(tmp_path / "data"))
    monkeypatch.setenv("SGN_OFFLINE", "1")
    return tmp_path / "data"


@pytest.fixture
def weights(tmp_path: Path) -> Path:
    """A small generator of two domains, untrained."""
    torch.manual_seed(0)
    file = tmp_path / "small.safetensors"
    write_hashed(file, safetensors.torch.save(Generator(2, ngf=4, n_blocks=1).state_dict()))
    return file


@pytest.fixture
def photo(tmp_path: Path) -> Path:
    """101 x 67 pixels once upright; stored lying on its side. Neither is a multiple of 4."""
    rng = np.random.default_rng(0)
    image = Image.fromarray(rng.integers(0, 255, (101, 67, 3), dtype=np.uint8))
    exif = image.getexif()
    exif[0x0112] = 6
    image.save(tmp_path / "photo.jpg", exif=exif)
    return tmp_path / "photo.jpg"


def failed(capsys: Capture, *arguments: object) -> str:
    """The one line on stderr of a command that must fail."""
    capsys.readouterr()
    assert cli.main([str(argument) for argument in arguments]) == 1
    captured = capsys.readouterr()
    lines = captured.err.strip().splitlines()
    assert captured.out == ""
    assert len(lines) == 1
    assert lines[0].startswith("sgn: error: ")
    return lines[0]


def wrong_usage(capsys: Capture, *arguments: str) -> str:
    with pytest.raises(SystemExit) as left:
        cli.main(arguments)
    assert left.value.code == 2
    return capsys.readouterr().err


# --------------------------------------------------------------------------------- help and usage


@pytest.mark.parametrize("command", COMMANDS)
def test_every_help_shows_an_example_that_parses(command: str, capsys: Capture) -> None:
    with pytest.raises(SystemExit) as left:
        cli.main([*command.split(), "--help"])
    assert left.value.code == 0
    example = capsys.readouterr().out.split("example:")[1].strip()
    for line in example.splitlines():
        arguments = line.split("  (")[0].split()[1:]
        assert " ".join(arguments).startswith(command)
        cli.build_parser().parse_args(arguments)


def test_help_and_list_start_without_torch() -> None:
    script = (
        "import sys\nfrom sgnlib.cli import main\n"
        "assert main(['list']) == 0\n"
        "try: main(['--help'])\nexcept SystemExit: pass\n"
        "heavy = {'torch', 'numpy', 'pandas', 'matplotlib', 'IPython'} & set(sys.modules)\n"
        "assert not heavy, heavy"
    )
    subprocess.run([sys.executable, "-c", script], check=True, capture_output=True)


def test_wrong_usage_exits_with_2(capsys: Capture) -> None:
    assert "COMMAND" in wrong_usage(capsys)
    assert "'fast'" in wrong_usage(capsys, "train", "model-1", "--profile", "fast")
    told = wrong_usage(capsys, "train", "modle-1")
    assert all(row.name in told for row in EXPERIMENTS)
    assert "--sym" in wrong_usage(capsys, "translate", "photo.jpg", "-o", "out.png")


def test_ctrl_c_exits_with_130(monkeypatch: pytest.MonkeyPatch, capsys: Capture) -> None:
    def stopped(*_: object, **__: object) -> None:
        raise KeyboardInterrupt("model-1 stopped after step 3 of 4")

    monkeypatch.setattr("sgnlib.training.loop.train", stopped)
    assert cli.main(["train", "model-1", "--profile", "smoke"]) == 130
    assert capsys.readouterr().err == "sgn: model-1 stopped after step 3 of 4\n"


def test_ctrl_c_that_a_module_makes_an_error_of_exits_with_130(
    monkeypatch: pytest.MonkeyPatch, capsys: Capture
) -> None:
    def importing(*_: object, **__: object) -> None:
        try:
            signal.raise_signal(signal.SIGINT)
        except KeyboardInterrupt:
            raise RecursionError("maximum recursion depth exceeded") from None

    monkeypatch.setattr("sgnlib.training.loop.train", importing)
    # Where the tests run in a shell's background, Ctrl-C is ignored.
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        assert cli.main(["train", "model-1", "--profile", "smoke"]) == 130
        assert capsys.readouterr().err == "sgn: stopped\n"
        assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
    finally:
        signal.signal(signal.SIGINT, before)


def test_a_system_error_names_the_file_first(capsys: Capture, tmp_path: Path) -> None:
    told = failed(capsys, "import-official", tmp_path / "none.pth")
    assert told == f"sgn: error: {tmp_path}/none.pth: No such file or directory"


def test_a_mixer_refuses_a_broken_photo_at_the_door(tmp_path: Path, capsys: Capture) -> None:
    (tmp_path / "text.jpg").write_text("no photo")
    assert "cannot be read as an image" in failed(capsys, "mix", tmp_path / "text.jpg")


def test_debug_shows_where_an_error_came_from(photo: Path) -> None:
    command = ["translate", f"{photo}x", "--sym", "1", "-o", "x.png", "--debug"]
    with pytest.raises(FileNotFoundError):
        cli.main(command)


# -------------------------------------------------------------------------------- list and doctor


def test_list_tells_domains_sizes_state_and_time(capsys: Capture) -> None:
    assert cli.main(["list", "--profile", "paper"]) == 0
    told = capsys.readouterr().out
    line = next(line for line in told.splitlines() if line.startswith("model-3 "))
    assert "rec summer + adv winter + adv monet (summer)" in line
    assert "256 px, ngf 64, 9 blocks" in line
    assert "18420" in line
    assert all(f"\n{row.name} " in told for row in EXPERIMENTS)


def test_list_marks_what_the_project_comes_with(capsys: Capture) -> None:
    assert cli.main(["list", "--profile", "laptop"]) == 0
    lines = capsys.readouterr().out.splitlines()
    marked = [line.split()[0] for line in lines if " shipped " in line]
    assert marked == ["model-1", "model-2", "model-2-concat", "model-2-cbn", "model-3"]


def test_list_counts_finished_runs(capsys: Capture) -> None:
    train(smoke(MODEL_3), progress=False)
    assert cli.main(["list", "--profile", "smoke"]) == 0
    told = capsys.readouterr().out.splitlines()
    state = {line.split()[0]: " 1 of 1 " in line for line in told if line.startswith("model-")}
    assert state.pop("model-3")
    assert not any(state.values())


def test_doctor_tells_what_will_be_used(capsys: Capture, data: Path) -> None:
    assert cli.main(["doctor"]) == 0
    told = capsys.readouterr().out
    for fact in (
        "torch:",
        "device in use:",
        "threads:",
        "images in cache:",
        "precision:",
        "perceptual network:",
    ):
        assert fact in told
    assert str(data) in told


# ----------------------------------------------------------------------------- train and evaluate


def test_a_run_is_trained_once_then_judged(capsys: Capture) -> None:
    command = ["train", "model-3", "--profile", "smoke", "--seed", "3"]
    assert cli.main(command) == 0
    first = capsys.readouterr().out
    assert "seed 3" in first and "in float32" in first
    assert cli.main(command) == 0
    assert capsys.readouterr().out == first
    assert cli.main(["evaluate", "model-3", "--profile", "smoke", "--seed", "3"]) == 0
    table = capsys.readouterr().out
    assert "L_adv winter  L_adv Monet" in table
    assert "(0.0, 0.5, 0.5)" in table


def test_an_untrained_run_says_what_to_run(capsys: Capture) -> None:
    told = failed(capsys, "evaluate", "model-2", "--profile", "smoke", "--seed", "2")
    assert "run `sgn train model-2 --profile smoke --seed 2`" in told


def test_own_images_are_checked(capsys: Capture, tmp_path: Path) -> None:
    train = ("train", "model-3", "--profile", "smoke", "--images")
    assert "nothing is there" in failed(capsys, *train, f"summer={tmp_path}/none")
    assert "model-3 uses monet, summer, winter; not photo" in failed(
        capsys, *train, f"photo={tmp_path}"
    )
    (tmp_path / "empty folder").mkdir()
    assert "holds no images" in failed(capsys, *train, f"summer={tmp_path}/empty folder")
    assert "NAME=PATH" in failed(capsys, *train, "summer")


# -------------------------------------------------------------------------------------- translate


def translate(photo: object, *options: object) -> int:
    return cli.main(["translate", str(photo), *map(str, options)])


def test_a_translation_is_upright_and_has_the_size_of_the_photo(
    photo: Path, weights: Path, tmp_path: Path, capsys: Capture
) -> None:
    out = tmp_path / "new" / "out.png"
    assert translate(photo, "--sym", 0.3, 0.7, "-o", out, "--model", weights) == 0
    with Image.open(out) as image:
        assert (image.size, image.mode) == ((101, 67), "RGB")
    assert "101x67, S = (0.3, 0.7)" in capsys.readouterr().out


def test_padding_leaves_no_trace(photo: Path, weights: Path, tmp_path: Path) -> None:
    """A photo whose sides are multiples of 4 is translated as the network translates it."""
    with Image.open(photo) as image:
        image.crop((0, 0, 64, 96)).save(tmp_path / "even.png")
    assert (
        translate(
            tmp_path / "even.png", "--sym", 1, 0, "-o", tmp_path / "out.png", "--model", weights
        )
        == 0
    )
    network = Generator(2, ngf=4, n_blocks=1)
    network.load_state_dict(safetensors.torch.load_file(weights))
    given = np.asarray(Image.open(tmp_path / "even.png"), dtype=np.float32) / 127.5 - 1
    with torch.no_grad():
        images = torch.from_numpy(given).permute(2, 0, 1)[None]
        expected = network(images, torch.tensor([[1.0, 0.0]]))[0].permute(1, 2, 0).numpy()
    found = np.asarray(Image.open(tmp_path / "out.png"), dtype=np.float32) / 127.5 - 1
    assert np.abs(found - expected).max() < 1.01 / 127.5


def test_s_is_checked_and_may_leave_the_simplex_when_told(
    photo: Path, weights: Path, tmp_path: Path, capsys: Capture
) -> None:
    rest = ("-o", tmp_path / "out.png", "--model", weights)
    assert "2 values" in failed(capsys, "translate", photo, "--sym", 1, 0, 0, *rest)
    told = failed(capsys, "translate", photo, "--sym", 0.3, 1.2, *rest)
    assert "divided by it, it would be 0.2, 0.8" in told
    assert "the domains are domain 1, domain 2; --extrapolate allows it" in told
    assert "extrapolate" not in failed(capsys, "translate", photo, "--sym", 1, 0, 0, *rest)
    assert not (tmp_path / "out.png").exists()
    assert translate(photo, "--sym", 0, 1.5, *rest, "--extrapolate") == 0
    assert translate(photo, "--sym", 1.5, -0.5, *rest, "--extrapolate") == 0


def test_nothing_is_translated_onto_itself(photo: Path, weights: Path, capsys: Capture) -> None:
    content = photo.read_bytes()
    for one in (photo, photo.parent):
        told = failed(capsys, "translate", one, "--sym", 1, 0, "-o", one, "--model", weights)
        assert "would be replaced by its translation" in told
    assert photo.read_bytes() == content
    told = failed(capsys, "translate", photo, "--sym", 1, 0, "-o", photo.parent, "--model", weights)
    assert "is a folder; name a file in it" in told


def test_a_photo_that_cannot_be_read_is_named(
    photo: Path, weights: Path, tmp_path: Path, capsys: Capture
) -> None:
    rest = ("--sym", 1, 0, "-o", tmp_path / "out.png", "--model", weights)
    assert "no such photo" in failed(capsys, "translate", tmp_path / "none.jpg", *rest)
    photo.write_bytes(photo.read_bytes()[:700])
    assert "photo.jpg cannot be read" in failed(capsys, "translate", photo, *rest)
    Image.new("RGB", (20, 5)).save(tmp_path / "flat.png")
    assert "20x5" in failed(capsys, "translate", tmp_path / "flat.png", *rest)


def test_an_ending_that_is_no_image_is_refused(
    photo: Path, weights: Path, tmp_path: Path, capsys: Capture
) -> None:
    out = tmp_path / "out.docx"
    told = failed(capsys, "translate", photo, "--sym", 1, 0, "-o", out, "--model", weights)
    assert ".png" in told
    assert not out.exists()
    out = tmp_path / "out"
    told = failed(capsys, "translate", photo, "--sym", 1, 0, "-o", out, "--model", weights)
    assert "without an ending" in told


def test_models_are_found_by_name_and_damage_is_noticed(
    photo: Path, weights: Path, tmp_path: Path, capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    rest = ("translate", photo, "-o", tmp_path / "out.png", "--sym")
    assert "`sgn train fig-15 --profile quick`" in failed(
        capsys, *rest, 1, 0, 0, "--model", "fig-15"
    )
    assert cli.main([*map(str, rest), "1", "0", "0", "--model", "model-3"]) == 0
    assert "shipped with the project: laptop, real photographs" in capsys.readouterr().out
    assert "model-3, " in failed(capsys, *rest, 1, 0, "--model", "nobody")
    run = train(smoke(MODEL_3), progress=False)
    assert (
        cli.main([*map(str, rest), "1", "0", "0", "--model", "model-3", "--profile", "smoke"]) == 0
    )
    for name in (run.path / "generator.safetensors", run.path, run.path.name):
        assert cli.main([*map(str, rest), "1", "0", "0", "--model", str(name)]) == 0
        assert run.path.name in capsys.readouterr().out
    told = failed(capsys, *rest, 1, 0, 0, "--model", "model-3", "--profile", "smoke", "--seed", 5)
    assert f"of its other runs, say the name: {run.path.name}" in told
    monkeypatch.chdir(run.path)
    assert "neither a file nor a run" in failed(capsys, *rest, 1, 0, 0, "--model", "modle-3")
    (run.path / "run.json").unlink()
    told = failed(capsys, *rest, 1, 0, 0, "--model", run.path.name)
    assert "is not finished: train model-3 on" in told
    told = failed(capsys, *rest, 1, 0, 0, "--model", "model-3", "--profile", "smoke", "--seed", 5)
    assert "other runs" not in told
    content = bytearray(weights.read_bytes())
    content[-1] ^= 1
    weights.write_bytes(content)
    assert "SHA-256" in failed(capsys, *rest, 1, 0, "--model", weights)


OFFICIAL = {
    "stem.conv": "model0.1", "down.0.conv": "model1.0", "down.1.conv": "model1.3",
    "blocks.0.conv1": "model2.0.conv_block.1", "blocks.0.conv2": "model2.0.conv_block.5",
    "up.0.conv": "model3.0", "up.1.conv": "model3.3", "head": "model4.1",
    **{f"gates.{i}.{ours}": f"gate{i}.{theirs}" for i in range(3)
       for ours, theirs in (("embed", "l_c"), ("squeeze", "fc.0"), ("excite", "fc.2"))},
}  # fmt: skip


def test_a_checkpoint_of_the_authors_is_imported_and_used(
    photo: Path, tmp_path: Path, capsys: Capture
) -> None:
    state = {}
    for name, tensor in Generator(3, ngf=4, n_blocks=1).state_dict().items():
        layer, kind = name.rsplit(".", 1)
        state[f"{OFFICIAL[layer]}.{kind}"] = tensor
    state["gate3.l_c.0.weight"] = torch.zeros(4, 3)
    torch.save(state, tmp_path / "Model1.pth")
    assert cli.main(["import-official", str(tmp_path / "Model1.pth")]) == 0
    assert "sgn translate photo.jpg --sym 1 0 0 --model Model1" in capsys.readouterr().out
    out = tmp_path / "out.png"
    assert translate(photo, "--sym", 0.2, 0.3, 0.5, "-o", out, "--model", "Model1") == 0
    assert "3 values" in failed(
        capsys, "translate", photo, "--sym", 1, 0, "-o", out, "--model", "Model1"
    )


def test_what_is_no_checkpoint_is_refused(tmp_path: Path, capsys: Capture) -> None:
    (tmp_path / "Model1.pth").write_bytes(b"not torch")
    assert "no checkpoint" in failed(capsys, "import-official", tmp_path / "Model1.pth")
    assert "none.pth" in failed(capsys, "import-official", tmp_path / "none.pth")
