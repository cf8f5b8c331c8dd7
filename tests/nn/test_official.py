"""The authors' checkpoints: a strict map of names, and no unpickling of code."""

from __future__ import annotations

import pickle
from pathlib import Path

import pytest
import torch

from sgnlib.nn.official import import_official
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


def test_a_checkpoint_with_another_way_in_is_refused(
    state: dict[str, torch.Tensor], tmp_path: Path
) -> None:
    wider = {name: weight for name, weight in state.items() if not name.startswith("gate")}
    stem = wider["model0.1.weight"]
    wider["model0.1.weight"] = stem.new_zeros(len(stem), 6, 7, 7)
    torch.save(wider, tmp_path / "Model1.pth")
    with pytest.raises(ValueError, match="released CCAM only"):
        import_official(tmp_path / "Model1.pth")


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
