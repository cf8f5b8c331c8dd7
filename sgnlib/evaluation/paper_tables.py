"""The paper's tables: its numbers as printed, and Tables 2 and 4 regenerated from the code."""

from __future__ import annotations

import pandas as pd
import torch
from torch import Tensor, nn

from sgnlib.evaluation.labels import LETTERS, kind, sym_label, title
from sgnlib.experiments import MODEL_1, MODEL_2, MODEL_3, TABLE_3_WEIGHTS, Experiment
from sgnlib.nn.blocks import ResidualBlock
from sgnlib.nn.conditioning import CCAM
from sgnlib.nn.generator import Generator, build_generator
from sgnlib.shapes import Images

# fmt: off
_TABLE_1 = (
    ((1.00, 0.00), (0.0001, 0.0001, 0.2148), (0.0000, 0.0000, 0.2167)),
    ((0.75, 0.25), (0.0483, 0.0063, 0.1743), (0.0481, 0.0062, 0.1737)),
    ((0.50, 0.50), (0.0824, 0.0347, 0.1302), (0.0815, 0.0353, 0.1277)),
    ((0.25, 0.75), (0.0878, 0.1674, 0.0613), (0.0846, 0.1597, 0.0592)),
    ((0.00, 1.00), (0.0062, 0.4113, 0.0062), (0.0013, 0.4254, 0.0013)),
)

_TABLE_3 = (
    ((0.164, 0.164, 0.829, 0.209), (0.159, 0.159, 2.540, 0.252)),
    ((0.305, 0.285, 0.323, 0.253), (0.407, 0.423, 0.391, 0.270)),
    ((0.211, 0.756, 0.211, 0.311), (0.308, 1.008, 0.308, 0.276)),
    ((0.171, 0.718, 0.256, 0.085), (0.205, 0.924, 0.247, 0.163)),
    ((0.040, 0.443, 0.525, 0.040), (0.015, 1.039, 1.375, 0.015)),
    ((0.139, 0.201, 0.889, 0.077), (0.117, 0.184, 3.054, 0.050)),
)
# fmt: on


def paper_table_1() -> pd.DataFrame:
    """Table 1 as printed: columns S and, for sym and hyper, L, L_r, L_c."""
    rows = []
    for (s_r, s_c), sym, hyper in _TABLE_1:
        named = {f"sym {n}": v for n, v in zip(("L", "L_r", "L_c"), sym, strict=True)}
        named |= {f"hyper {n}": v for n, v in zip(("L", "L_r", "L_c"), hyper, strict=True)}
        rows.append({"S": f"({s_r:.2f}, {s_c:.2f})"} | named)
    return pd.DataFrame(rows)


def paper_table_3() -> pd.DataFrame:
    """Table 3 as printed, in the long form of `tables.compare_with_hyper`."""
    rows = []
    for weights, both in zip(TABLE_3_WEIGHTS, _TABLE_3, strict=True):
        for model, values in zip(("sym", "hyper"), both, strict=True):
            losses = dict(zip(("L_G", "L_rec", "L_adv", "L_per"), values, strict=True))
            about = {"S": sym_label(weights), "seed": 0, "model": model, "judge": "own"}
            rows.append(about | losses)
    return pd.DataFrame(rows)


def side_by_side(long: pd.DataFrame) -> pd.DataFrame:
    """Table 3's layout from its long form: per S, the sym model's losses, then the hyper's.

    Several seeds are averaged.
    """
    losses = [column for column in long.columns if column.startswith("L_")]
    wide = pd.DataFrame(long.groupby(["S", "model"], sort=False)[losses].mean().unstack("model"))
    columns = [(loss, model) for model in ("sym", "hyper") for loss in losses]
    table = pd.DataFrame(wide[columns]).reindex(list(dict.fromkeys(long["S"])))
    table.columns = pd.Index([f"{model} {loss}" for loss, model in columns])
    return table.reset_index()


def table_2(models: tuple[Experiment, ...] = (MODEL_1, MODEL_2, MODEL_3)) -> pd.DataFrame:
    """Table 2, read from `experiments.py`: loss and data of every domain of the models."""
    rows = []
    for model in models:
        cells = [f"L_{kind(domain)}, {title(domain.data)}" for domain in model.domains]
        name = model.title.partition(":")[0]
        rows.append({"model": name} | dict(zip(LETTERS, cells, strict=False)))
    return pd.DataFrame(rows)


def table_4(experiment: Experiment = MODEL_1) -> pd.DataFrame:
    """Table 4, read off a generator of the paper's size that never gets any memory.

    Returns:
        Columns layer, input, information, output, parameters; the last row is the total.
    """
    with torch.device("meta"):
        generator = build_generator(experiment)
        layers = _traced(generator, torch.zeros(1, 3, SIDE, SIDE), len(experiment.domains))
    gates = [gate for gate in generator.gates if isinstance(gate, CCAM)]
    rows = []
    for index, (part, module, before, after) in enumerate(layers):
        rows.append(_row(part, module, before, after))
        part_ends = index + 1 == len(layers) or layers[index + 1][0] != part
        if part_ends and part in ("stem", "down", "blocks") and gates:
            rows.append(_gate_row(gates.pop(0), after))
    return _with_repeats(pd.DataFrame([*rows, _total_row(generator)]))


SIDE = 256
"""Side of the image that dimensions are read off with, in pixels."""

_PARTS = {
    "stem": "Input convolution",
    "down": "Down-sampling",
    "blocks": "Residual blocks",
    "up": "Up-sampling",
    "head": "Output convolution",
}

Shape = tuple[int, ...]


def _traced(
    generator: Generator, images: Images, domains: int
) -> list[tuple[str, nn.Module, Shape, Shape]]:
    """Part, module, shape before and after of every convolution and residual block, in order."""
    seen: list[tuple[str, nn.Module, Shape, Shape]] = []

    def listen(part: str, module: nn.Module) -> None:
        module.register_forward_hook(
            lambda m, x, y: seen.append((part, m, tuple(x[0].shape), tuple(y.shape)))
        )

    for name, module in generator.named_modules():
        convolution = isinstance(module, nn.Conv2d | nn.ConvTranspose2d)
        if isinstance(module, ResidualBlock) or (convolution and "blocks" not in name):
            listen(name.split(".")[0], module)
    generator(images, torch.zeros(1, domains))
    return seen


def _row(part: str, module: nn.Module, before: Shape, after: Shape) -> dict[str, object]:
    if isinstance(module, ResidualBlock):
        text = f"2 x [{_convolution(module.conv1)}, IN], ReLU between, plus input"
    else:
        text = f"{_convolution(module)}, {'Tanh' if part == 'head' else 'IN, ReLU'}"
    return {
        "layer": _PARTS[part],
        "input": _dims(before),
        "information": text,
        "output": _dims(after),
        "parameters": _count(module),
    }


def _convolution(module: nn.Module) -> str:
    name = "Transposed convolution" if isinstance(module, nn.ConvTranspose2d) else "Convolution"
    assert isinstance(module, nn.Conv2d | nn.ConvTranspose2d)
    side, stride, padding = module.kernel_size[0], module.stride[0], module.padding[0]
    return f"{name} (K:{side}x{side}, S:{stride}, P:{padding})"


def _total_row(generator: Generator) -> dict[str, object]:
    empty = dict.fromkeys(("layer", "input", "information", "output"), "")
    return {**empty, "layer": "total", "parameters": _count(generator)}


def _gate_row(gate: CCAM, at: Shape) -> dict[str, object]:
    reduction = gate.embed.out_features // gate.squeeze.out_features
    return {
        "layer": f"CCAM (reduction rate r: {reduction})",
        "input": _dims(at),
        "information": "Eq. (5)",
        "output": _dims(at),
        "parameters": _count(gate),
    }


def _dims(shape: Shape) -> str:
    down = SIDE // shape[2]
    spatial = "h, w" if down == 1 else f"h/{down}, w/{down}"
    return f"({spatial}, {shape[1]})"


def _count(module: nn.Module) -> int:
    return sum(Tensor.numel(p) for p in module.parameters())


def _with_repeats(table: pd.DataFrame) -> pd.DataFrame:
    """Equal rows below each other become one, with how often it comes."""
    changed = (table != table.shift()).any(axis=1).cumsum()
    merged = table.groupby(changed, sort=False).first()
    times = table.groupby(changed, sort=False).size()
    merged["information"] = [
        f"{n} x ({text})" if n > 1 else text
        for n, text in zip(times, merged["information"], strict=True)
    ]
    merged["parameters"] *= times
    return merged.reset_index(drop=True)
