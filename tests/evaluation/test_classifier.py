"""The domain classifier: good enough to judge, the same every time, and never a damaged file."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from sgnlib import paths
from sgnlib.datasets.catalog import DOMAINS
from sgnlib.evaluation import classifier as module
from sgnlib.evaluation.classifier import DomainClassifier, accuracy, domain_classifier
from sgnlib.evaluation.images import eval_images
from sgnlib.experiments import MODEL_3, at_profile

SIZE = 32


@pytest.fixture(scope="module")
def trained() -> DomainClassifier:
    return domain_classifier(SIZE)


def test_it_tells_the_domains_apart(trained: DomainClassifier) -> None:
    assert accuracy(trained, SIZE) >= 0.98


def test_probabilities_follow_the_domains(trained: DomainClassifier) -> None:
    row = at_profile(MODEL_3, "smoke")
    for label, domain in enumerate(DOMAINS):
        likely = trained.probabilities(eval_images(row, domain))
        torch.testing.assert_close(likely.sum(dim=1), torch.ones(len(likely)))
        assert likely[:, label].mean() > 0.8


def test_features_are_standardised_over_the_domains(trained: DomainClassifier) -> None:
    row = at_profile(MODEL_3, "smoke")
    features = torch.cat([trained.features(eval_images(row, domain)) for domain in DOMAINS])
    assert features.shape[1] == module.CHANNELS
    assert features.mean(dim=0).abs().mean() < 0.15
    assert 0.8 < float(features.std(dim=0).mean()) < 1.2


def test_training_is_repeatable_whatever_the_state_of_torch(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(module, "STEPS", 3)
    first = module._train(SIZE, {})
    torch.rand(7)
    before, state = torch.get_num_threads(), torch.random.get_rng_state()
    second = module._train(SIZE, {})
    for name, tensor in first.state_dict().items():
        assert torch.equal(tensor, second.state_dict()[name])
    assert torch.get_num_threads() == before
    assert torch.equal(torch.random.get_rng_state(), state)


def test_a_damaged_file_is_made_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "classifier.safetensors"
    monkeypatch.setattr(module, "STEPS", 3)
    monkeypatch.setattr(module, "_path", lambda size, images: path)
    domain_classifier(SIZE)
    good = path.read_bytes()
    path.write_bytes(good[:500] + bytes([good[500] ^ 1]) + good[501:])
    domain_classifier(SIZE)
    assert path.read_bytes() == good


def test_the_file_depends_on_size_and_folders(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "fingerprint", lambda domain, folder: f"{domain}{folder}")
    names = {module._path(size, images) for size, images in (
        (32, {}), (64, {}), (32, {"summer": "/a"}), (32, {"winter": "/a"}), (32, {"summer": "/b"}),
    )}  # fmt: skip
    assert len(names) == 5
    assert all(paths.cache_dir() in name.parents for name in names)
