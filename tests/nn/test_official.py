"""The authors' checkpoints: a strict map of names, and no unpickling of code."""

from __future__ import annotations

import pickle
from pathlib import Path

import pytest
import torch

from sgnlib.experiments import Injection
from sgnlib.nn.generator import Generator
from sgnlib.nn.official import generator_from_weights, import_official
from tests import golden


@pytest.fixture(scope="module")
def state() -> dict[str, torch.Tensor]:
    return golden.weights(golden.layout()["generator"], golden.GENERATOR_SEED)


def test_a_released_checkpoint_loads_with_its_unused_gate(
    state: dict[str, torch.Tensor], tmp_path: Path
) -> None:
    assert any(name.startswith("gate3.") for name in state)
    torch.save(state, tmp_path / "Model1.pth")
    generator = import_official(tmp_path / "Model1.pth")
    assert torch.equal(generator.head.weight, state["model4.1.weight"])
    assert torch.equal(generator.blocks[4].conv2.bias, state["model2.4.conv_block.5.bias"])


def test_unknown_missing_and_misshapen_weights_are_named(
    state: dict[str, torch.Tensor], tmp_path: Path
) -> None:
    file = tmp_path / "Model1.pth"
    torch.save(state | {"extra.weight": torch.zeros(1)}, file)
    with pytest.raises(ValueError, match=r"extra\.weight"):
        import_official(file)
    torch.save({n: w for n, w in state.items() if n != "model4.1.bias"}, file)
    with pytest.raises(ValueError, match=r"head\.bias"):
        import_official(file)
    torch.save(state | {"model3.0.bias": torch.zeros(7)}, file)
    with pytest.raises(ValueError, match=r"up\.0\.conv\.bias"):
        import_official(file)
    torch.save({}, file)
    with pytest.raises(ValueError, match=r"lack .stem"):
        import_official(file)


class _Malicious:
    def __reduce__(self) -> tuple:
        return print, ("code from a checkpoint ran",)


@pytest.mark.parametrize("sizes", [(4, 1, 1), (8, 2, 4)])
def test_sizes_are_read_off_the_weights(sizes: tuple[int, int, int]) -> None:
    ngf, blocks, reduction = sizes
    wanted = Generator(3, ngf=ngf, n_blocks=blocks, reduction=reduction)
    loaded = generator_from_weights(wanted.state_dict())
    images, sym = torch.rand(1, 3, 16, 16), torch.tensor([[0.2, 0.3, 0.5]])
    assert torch.equal(loaded(images, sym), wanted(images, sym))


@pytest.mark.parametrize("injection", ["concat", "cbn"])
def test_other_ways_in_are_read_off_the_weights(injection: Injection) -> None:
    wanted = Generator(4, ngf=8, n_blocks=1, injection=injection)
    loaded = generator_from_weights(wanted.state_dict())
    images, sym = torch.rand(1, 3, 16, 16), torch.tensor([[0.2, 0.3, 0.5, 0.0]])
    assert loaded.injection == injection
    assert torch.equal(loaded(images, sym), wanted(images, sym))


def test_weights_without_any_way_in_are_refused() -> None:
    gates = Generator(3, ngf=8, n_blocks=1).state_dict()
    state = {name: weight for name, weight in gates.items() if not name.startswith("gates")}
    with pytest.raises(ValueError, match=r"lack .gates"):
        generator_from_weights(state)


def test_code_in_a_checkpoint_does_not_run(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "Model1.pth"
    file.write_bytes(pickle.dumps({"w": _Malicious()}))
    with pytest.raises(ValueError, match="no checkpoint of plain tensors"):
        import_official(file)
    assert capsys.readouterr().out == ""
    with pytest.raises(FileNotFoundError):
        import_official(tmp_path / "absent.pth")
