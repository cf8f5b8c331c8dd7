"""A small network that tells the domains apart: which one does a picture look like?

Its penultimate features serve KID. It is trained on the domains' training images in seconds,
the same way to the last bit on the same machine, and kept in the cache.
"""

from __future__ import annotations

import hashlib
import itertools
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import torch
import torch.nn.functional as F
from jaxtyping import Float, Int
from safetensors.torch import load, save
from torch import Tensor, nn

from sgnlib import paths, provenance
from sgnlib.datasets.catalog import DOMAINS, fingerprint, load_images
from sgnlib.datasets.sampling import UnpairedSampler, to_images
from sgnlib.experiments import Experiment
from sgnlib.shapes import Images
from sgnlib.storage import CorruptFile, read_hashed, write_hashed

log = logging.getLogger(__name__)

Probabilities = Float[Tensor, "batch classes"]
Vectors = Float[Tensor, "batch channels"]

CHANNELS = 96
"""Length of a feature vector."""
STEPS, PER_DOMAIN, RATE = 240, 8, 4e-3


class DomainClassifier(nn.Module):
    """Four strided convolutions, mean over the picture, one linear layer.

    Attributes:
        domains: Names of the classes in order.
    """

    mean: Tensor
    scale: Tensor

    def __init__(self, domains: tuple[str, ...] = DOMAINS) -> None:
        super().__init__()
        self.domains = domains
        widths = (3, 24, 48, 64, CHANNELS)
        self.convs = nn.ModuleList(
            [nn.Conv2d(a, b, 3, stride=2, padding=1) for a, b in itertools.pairwise(widths)]
        )
        self.linear = nn.Linear(CHANNELS, len(domains))
        self.register_buffer("mean", torch.zeros(CHANNELS))
        self.register_buffer("scale", torch.ones(CHANNELS))

    @torch.no_grad()
    def probabilities(self, images: Images) -> Probabilities:
        """How much each picture looks like each domain; rows sum to 1."""
        return torch.cat([self(part).softmax(dim=1) for part in images.split(64)])

    @torch.no_grad()
    def features(self, images: Images) -> Vectors:
        """Penultimate features, each with mean 0 and variance 1 over the training images.

        The scale makes KID's kernel, which has a constant in it, independent of the network's.
        """
        parts = torch.cat([self._pooled(part) for part in images.split(64)])
        return (parts - self.mean) / self.scale

    def forward(self, images: Images) -> Probabilities:
        """Unnormalised log-probabilities of the domains."""
        return self.linear(self._pooled(images))

    def _pooled(self, images: Images) -> Vectors:
        x: Tensor = images
        for index, conv in enumerate(self.convs):
            x = F.leaky_relu(conv(x), 0.1)
            # Not in the first layer: it would take away the colour, which tells most.
            x = F.group_norm(x, 8) if index else x
        return x.mean(dim=(2, 3))


def classifier_of(experiment: Experiment) -> DomainClassifier:
    """The classifier at a run's size, trained with the user's own images where the row has any."""
    own = tuple((name, path) for name, path in experiment.images if name in DOMAINS)
    return domain_classifier(experiment.image_size, own)


def domain_classifier(size: int, images: tuple[tuple[str, str], ...] = ()) -> DomainClassifier:
    """Loads the classifier from the cache, or trains it (seconds) and puts it there.

    Args:
        size: Side of the images in pixels.
        images: (domain, folder) for domains whose images are not the embedded ones.
    """
    classifier, path = DomainClassifier(), _path(size, dict(images))
    try:
        classifier.load_state_dict(load(read_hashed(path)))
    except CorruptFile:
        log.info("training the domain classifier at %d px", size)
        classifier = _train(size, dict(images))
        write_hashed(path, save(classifier.state_dict()))
    return classifier.eval().requires_grad_(False)


def accuracy(
    classifier: DomainClassifier, size: int, images: tuple[tuple[str, str], ...] = ()
) -> float:
    """Share of the test images of all domains that are named right."""
    right, count = 0, 0
    for label, domain in enumerate(classifier.domains):
        pixels = load_images(domain, "test", size, folder=dict(images).get(domain))
        guess = classifier.probabilities(to_images(pixels)).argmax(dim=1)
        right, count = right + int((guess == label).sum()), count + len(guess)
    return right / count


def _path(size: int, images: dict[str, str]) -> Path:
    parts = [fingerprint(domain, images.get(domain)) for domain in DOMAINS]
    made_of = " ".join([*parts, provenance.code_digest(__name__)])
    digest = hashlib.sha256(made_of.encode()).hexdigest()[:12]
    return paths.cache_dir() / f"classifier-{size}-{digest}.safetensors"


def _train(size: int, images: dict[str, str]) -> DomainClassifier:
    pools = {d: load_images(d, "train", size, folder=images.get(d)) for d in DOMAINS}
    sampler = UnpairedSampler(pools, batch_size=PER_DOMAIN, size=size, seed=0)
    labels = torch.arange(len(DOMAINS)).repeat_interleave(PER_DOMAIN)
    with _reproducible():
        classifier = DomainClassifier()
        adam = torch.optim.AdamW(classifier.parameters(), lr=RATE, weight_decay=0.01)
        decay = torch.optim.lr_scheduler.OneCycleLR(adam, RATE, total_steps=STEPS)
        for step in range(STEPS):
            loss = _loss(classifier, sampler, labels, step)
            adam.zero_grad()
            loss.backward()
            adam.step()
            decay.step()
        _standardise(classifier, sampler)
    return classifier


def _loss(
    classifier: DomainClassifier, sampler: UnpairedSampler, labels: Int[Tensor, " n"], step: int
) -> Float[Tensor, ""]:
    batches = sampler.batch(step)
    batch = torch.cat([batches[domain] for domain in DOMAINS])
    return F.cross_entropy(classifier(batch), labels, label_smoothing=0.05)


@torch.no_grad()
def _standardise(classifier: DomainClassifier, sampler: UnpairedSampler) -> None:
    batches = [torch.cat(list(sampler.batch(step).values())) for step in range(20)]
    features = classifier.features(torch.cat(batches))
    classifier.mean, classifier.scale = features.mean(dim=0), features.std(dim=0) + 1e-6


@contextmanager
def _reproducible() -> Iterator[None]:
    """One thread, for sums in one order, and random numbers of one's own."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        yield
    torch.set_num_threads(threads)
