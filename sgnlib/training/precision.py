"""The numbers a training computes with: float32, or bfloat16 where that loses nothing that counts.

With bfloat16, convolutions and the features between them are bfloat16. Weights, their gradients and
Adam's moments, the norms' statistics, Gram matrices, losses and the image pool stay float32.
"""

from __future__ import annotations

from typing import Any, Literal, TypeAlias, get_args

import torch
from torch import Tensor, nn

from sgnlib.experiments import Experiment
from sgnlib.training.objectives import Networks

Precision: TypeAlias = Literal["float32", "bfloat16"]
PRECISIONS: tuple[Precision, ...] = get_args(Precision)

WIDE = 32
"""From this ngf on, bfloat16 pays on a CPU that has instructions for it; profiles smoke, quick and
laptop are narrower, so that their numbers are float32's on every CPU."""


def choose_precision(asked: str, experiment: Experiment, device: torch.device) -> Precision:
    """The precision of a training; "auto" is bfloat16 where the device computes it faster.

    Raises:
        ValueError: There is no such precision.
    """
    if asked == "auto":
        return "bfloat16" if _pays(experiment, device) else "float32"
    for precision in PRECISIONS:
        if asked == precision:
            return precision
    raise ValueError(f"no precision {asked!r}; there are auto, {', '.join(PRECISIONS)}")


def has_bfloat16(device: torch.device) -> bool:
    """Whether the device has instructions for bfloat16."""
    if device.type == "cuda":
        return torch.cuda.is_bf16_supported(including_emulation=False)
    cpu: dict[str, Any] = getattr(torch.cpu, "get_capabilities", dict)()  # torch 2.6 does not tell
    return bool(cpu.get("amx_bf16") or cpu.get("avx512_bf16"))


def mix_precision(networks: Networks, device: torch.device) -> None:
    """Lets every network compute in bfloat16 inside and return float32; weights stay float32.

    On a GPU the weights move to channels_last, the layout in which cuDNN's bfloat16 kernels read
    without conversion; a CPU keeps the layout that is there.
    """
    trained = [networks.generator, *networks.discriminators.values()]
    if networks.features is not None:
        # Frozen weights are not in autocast's cache: once here instead of in every pass.
        networks.features.features.to(torch.bfloat16)
        trained.append(networks.features)
    for network in trained:
        if device.type == "cuda":
            network.to(memory_format=torch.channels_last)
        _mix(network, device)


def _pays(experiment: Experiment, device: torch.device) -> bool:
    return (device.type == "cuda" or experiment.ngf >= WIDE) and has_bfloat16(device)


def _mix(network: nn.Module, device: torch.device) -> None:
    forward = network.forward

    def mixed(*args: Any, **more: Any) -> Any:
        with torch.autocast(device.type, torch.bfloat16):
            return _float32(forward(*args, **more))

    network.forward = mixed


def _float32(returned: Any) -> Any:
    if isinstance(returned, Tensor):
        return returned.float()
    return {name: tensor.float() for name, tensor in returned.items()}
