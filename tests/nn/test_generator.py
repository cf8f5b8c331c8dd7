"""The generator: the authors' numbers, Table 4, and the laws of the three injections."""

from __future__ import annotations

import pytest
import torch

from sgnlib.experiments import MODEL_1
from sgnlib.nn.generator import Generator, build_generator
from sgnlib.nn.official import generator_from_official
from tests import golden


def small(injection: str = "ccam", domains: int = 3) -> Generator:
    torch.manual_seed(0)
    return Generator(domains, ngf=16, n_blocks=2, injection=injection).eval()  # type: ignore[arg-type]


def photos(n: int = 2, height: int = 32, width: int = 32) -> torch.Tensor:
    return golden.image(5, n, height, width)


def test_output_and_attention_agree_with_the_authors_code() -> None:
    state = golden.weights(golden.layout()["generator"], golden.GENERATOR_SEED)
    generator = generator_from_official(state)
    wanted = golden.expected()
    source, sym = golden.source(), wanted["S"]
    # In float64 only the authors' own rounding is left; ours in float32 differs by processor.
    with torch.no_grad():
        single = generator(source, sym)
        output = generator.double()(source.double(), sym.double())
        gates = generator.attention(source.double(), sym.double())
    same = {"rtol": 1e-4, "check_dtype": False}
    torch.testing.assert_close(output, wanted["generator_output"], atol=1e-5, **same)
    torch.testing.assert_close(single, wanted["generator_output"], atol=1e-4, **same)
    for ours, name in zip(gates, ("gate0", "gate1", "gate2"), strict=True):
        torch.testing.assert_close(ours, wanted[name], atol=1e-6, **same)


def test_paper_size_has_table_4s_dimensions_and_11_4_million_parameters() -> None:
    with torch.device("meta"):
        generator = build_generator(MODEL_1)
        output = generator(torch.empty(1, 3, 256, 256), torch.empty(1, 3))
    assert output.shape == (1, 3, 256, 256)
    assert len(generator.blocks) == 9
    millions = sum(p.numel() for p in generator.parameters()) / 1e6
    assert 11.35 < millions < 11.55


@pytest.mark.parametrize("injection", ["ccam", "cbn"])
def test_output_depends_on_s(injection: str) -> None:
    generator = small(injection)
    x = photos(1).expand(3, -1, -1, -1)
    with torch.no_grad():
        one, two, three = generator(x, torch.eye(3))
    assert (one - two).abs().mean() > 1e-4
    assert (two - three).abs().mean() > 1e-4


def test_concat_output_cannot_depend_on_s() -> None:
    """Instance norm removes the constant that constant planes add (see `concat_sym`)."""
    generator = small("concat").double()
    x = photos(1).double().expand(2, -1, -1, -1)
    with torch.no_grad():
        one, other = generator(x, torch.tensor([[1.0, 0, 0], [0.1, 0.7, 0.2]]).double())
    torch.testing.assert_close(one, other, rtol=0, atol=1e-9)


@pytest.mark.parametrize("injection", ["ccam", "cbn"])
def test_generator_ignores_brightness_and_contrast(injection: str) -> None:
    """G(a x + c, S) = G(x, S): the first instance norm removes what is the same everywhere.

    So no reconstruction can know a photo's overall brightness, contrast or tint (supp. B.2).
    """
    generator = small(injection).double()
    x, s = photos(1).double(), torch.tensor([[0.2, 0.3, 0.5]]).double()
    tint = torch.tensor([0.3, -0.2, 0.1]).double()[:, None, None]
    with torch.no_grad():
        output = generator(x, s)
        tinted, paler, negative = (generator(y, s) for y in (x + tint, 0.6 * x + tint, -x))
    torch.testing.assert_close(tinted, output, rtol=0, atol=1e-12)
    # The norm adds 1e-5 to the variance, which weighs a little more at less contrast.
    torch.testing.assert_close(paler, output, rtol=0, atol=1e-3)
    assert (negative - output).abs().mean() > 1e-2


@pytest.mark.parametrize("injection", ["ccam", "concat", "cbn"])
def test_a_batch_of_two_equals_two_batches_of_one(injection: str) -> None:
    generator = small(injection)
    x, s = photos(), torch.tensor([[0.2, 0.3, 0.5], [0.9, 0.1, 0.0]])
    with torch.no_grad():
        together = generator(x, s)
        alone = torch.cat([generator(x[i : i + 1], s[i : i + 1]) for i in range(2)])
    torch.testing.assert_close(together, alone, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("size", [(32, 32), (36, 52), (128, 20)])
def test_fully_convolutional(size: tuple[int, int]) -> None:
    with torch.no_grad():
        output = small()(photos(2, *size), torch.eye(3)[:2])
    assert output.shape == (2, 3, *size)
    assert output.abs().max() <= 1


def test_spread_gates_depend_on_s_from_the_start() -> None:
    images, sym = torch.rand(3, 3, 16, 16), torch.eye(3)
    reach = []
    for spread in (0.0, 0.5):
        torch.manual_seed(0)
        generator = Generator(3, ngf=16, n_blocks=1, reduction=1, gate_spread=spread)
        reach.append([gates.std(dim=0).mean() for gates in generator.attention(images, sym)])
    assert all(far > 3 * near for near, far in zip(*reach, strict=True))


def test_gates_lie_between_0_and_1_and_follow_s() -> None:
    generator = small()
    x = photos(1).expand(3, -1, -1, -1)
    with torch.no_grad():
        maps = generator.attention(x, torch.eye(3))
    assert [m.shape[1] for m in maps] == [16, 64, 64]
    for m in maps:
        assert m.min() > 0 and m.max() < 1
        assert (m[0] - m[1]).abs().max() > 1e-3


def test_ccam_output_is_features_times_attention() -> None:
    generator = small()
    gate = generator.gates[1]
    x, s = torch.randn(2, 64, 5, 7), torch.tensor([[0.2, 0.3, 0.5], [0.9, 0.1, 0.0]])
    expected = x * gate.attention(x, s)[:, :, None, None]  # type: ignore[operator]
    torch.testing.assert_close(gate(x, s), expected)


def test_wrong_input_is_refused_in_words() -> None:
    with pytest.raises(ValueError, match="multiples of 4; got 30 x 32"):
        small()(photos(1, 30, 32), torch.eye(3)[:1])
    with pytest.raises(ValueError, match=r"shape \(2, 3\).*got \(2, 2\)"):
        small()(photos(2), torch.eye(2))
    with pytest.raises(ValueError, match="only CCAM"):
        small("cbn").attention(photos(1), torch.eye(3)[:1])
