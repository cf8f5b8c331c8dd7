"""The authors' released checkpoints (TimeLighter/pytorch-sym-parameter) as our generator."""

from __future__ import annotations

import re
from pathlib import Path

import torch
from torch import Tensor

from sgnlib.nn.generator import Generator
from sgnlib.nn.weights import generator_from_weights

_NAMES = (
    (r"model0\.1\.(.*)", r"stem.conv.\1"),
    (r"model1\.0\.(.*)", r"down.0.conv.\1"),
    (r"model1\.3\.(.*)", r"down.1.conv.\1"),
    (r"model2\.(\d+)\.conv_block\.1\.(.*)", r"blocks.\1.conv1.\2"),
    (r"model2\.(\d+)\.conv_block\.5\.(.*)", r"blocks.\1.conv2.\2"),
    (r"model3\.0\.(.*)", r"up.0.conv.\1"),
    (r"model3\.3\.(.*)", r"up.1.conv.\1"),
    (r"model4\.1\.(.*)", r"head.\1"),
    (r"gate([012])\.l_c\.(.*)", r"gates.\1.embed.\2"),
    (r"gate([012])\.fc\.0\.(.*)", r"gates.\1.squeeze.\2"),
    (r"gate([012])\.fc\.2\.(.*)", r"gates.\1.excite.\2"),
)
_UNUSED = re.compile(r"gate3\.")
"""The authors build a fourth gate and never use it; its weights are in their checkpoints."""


def import_official(checkpoint: Path) -> Generator:
    """The generator whose weights lie in one of the authors' `.pth` files.

    The file is never unpickled beyond tensors (`weights_only`).

    Raises:
        ValueError: The file cannot be read, a name is unknown, or a weight is missing.
    """
    try:
        state = torch.load(checkpoint, map_location="cpu", weights_only=True)
    except FileNotFoundError:
        raise
    except Exception as error:  # torch raises many kinds for a damaged or malicious file
        raise ValueError(f"{checkpoint} is no checkpoint of plain tensors: {error}") from error
    if not isinstance(state, dict) or not all(isinstance(v, Tensor) for v in state.values()):
        raise ValueError(f"{checkpoint} holds no state dict, a mapping from names to tensors")
    return generator_from_official(state)


def generator_from_official(state: dict[str, Tensor]) -> Generator:
    """The generator with the authors' weights, given under the authors' names.

    Raises:
        ValueError: A name is unknown, a weight is missing or has the wrong shape, or there are no
            CCAMs.
    """
    mapped = {_our_name(n): w.float() for n, w in state.items() if not _UNUSED.match(n)}
    generator = generator_from_weights(mapped)
    if generator.injection != "ccam":
        raise ValueError(
            f"the authors released CCAM only; these weights have {generator.injection}"
        )
    return generator


def _our_name(official: str) -> str:
    for pattern, ours in _NAMES:
        if match := re.fullmatch(pattern, official):
            return match.expand(ours)
    raise ValueError(f"unknown name {official!r}: not the authors' generator (Model1.pth)")
