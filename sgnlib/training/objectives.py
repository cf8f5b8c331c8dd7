"""What each kind of domain asks of a translation: L_1 ... L_k of Eq. (1), one value per image.

A new kind of loss is a dataclass beside those of `experiments.py`, an `Objective` registered
for it here, and a test.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property, singledispatch
from typing import Generic, TypeVar

import torch

from sgnlib import experiments
from sgnlib.losses import adversarial, perceptual, reconstruction
from sgnlib.nn.discriminator import PatchDiscriminator
from sgnlib.nn.generator import Generator
from sgnlib.nn.vgg import VGGFeatures
from sgnlib.shapes import Features, Images, PerImage, Scores, Sym
from sgnlib.sym import corners


@dataclass(frozen=True)
class Networks:
    """Everything with weights.

    Attributes:
        discriminators: One per domain that has one, by the domain's position in S.
        features: The perceptual network, where a domain needs it.
    """

    generator: Generator
    discriminators: Mapping[int, PatchDiscriminator]
    features: VGGFeatures | None = None


@dataclass(frozen=True)
class Scene:
    """One batch on its way through the networks: all that an objective may look at.

    Attributes:
        source: The input x.
        sym: S of every image.
        output: G(x, S).
        reals: Images of the domains, by name.
        identities: G(image of the domain, S), by the position of a domain that needs it.
    """

    networks: Networks
    source: Images
    sym: Sym
    output: Images
    reals: Mapping[str, Images] = field(default_factory=dict)
    identities: Mapping[int, Images] = field(default_factory=dict)

    def scores(self, position: int) -> Scores:
        """How real the domain's discriminator finds the output."""
        return self.networks.discriminators[position](self.output)

    @cached_property
    def features(self) -> dict[str, Features]:
        """Perceptual features of the output: one pass for content and style of all domains."""
        return _perceptual_network(self.networks)(self.output)

    @cached_property
    def source_content(self) -> Features:
        """Content features of the input."""
        with torch.no_grad():
            network = _perceptual_network(self.networks)
            return network(self.source, last=perceptual.CONTENT_TAP)[perceptual.CONTENT_TAP]

    def back_home(self, home: int) -> Images:
        """G(G(x, S), corner `home`): the way there and back, one pass for all domains."""
        if home not in self._returned:
            corner = corners(self.sym.shape[1])[home].to(self.sym)
            self._returned[home] = self.networks.generator(
                self.output, corner.expand_as(self.sym).contiguous()
            )
        return self._returned[home]

    @cached_property
    def _returned(self) -> dict[int, Images]:
        return {}


D = TypeVar("D", bound=experiments.Domain)


class Objective(ABC, Generic[D]):
    """L_k of one domain, and what it needs to be computed."""

    has_discriminator = False
    """Whether a discriminator is trained for the domain, on the domain's images."""
    wants_identity = False
    """Whether the domain's images go through the generator too (`Scene.identities`)."""
    wants_features = False
    """Whether the perceptual network is needed."""

    def __init__(self, domain: D) -> None:
        self.domain = domain

    def prepare(self, features: VGGFeatures, style: Images) -> None:
        """Computes once what stays the same in all steps; only called if it wants features.

        Args:
            features: The perceptual network.
            style: The domain's style image.
        """

    @abstractmethod
    def __call__(self, scene: Scene, position: int) -> PerImage:
        """L_k of every image of the scene; `position` is the domain's place in S."""


@singledispatch
def objective(domain: object) -> Objective:
    """The objective of a domain, by the domain's class.

    Raises:
        TypeError: No objective is registered for the class.
    """
    raise TypeError(
        f"no objective for {type(domain).__name__}; there are "
        f"{', '.join(kind.__name__ for kind in objective.registry if kind is not object)}. "
        "Register one with @objective.register in sgnlib/training/objectives.py"
    )


class ReconstructionObjective(Objective[experiments.Reconstruction]):
    """L_rec, supp. A.2: the output shall be the input."""

    def __call__(self, scene: Scene, position: int) -> PerImage:
        """2 x L1 between output and input."""
        return self.domain.weight * reconstruction.l1(scene.output, scene.source)


class AdversarialObjective(Objective[experiments.Adversarial]):
    """L_adv, supp. A.2: the output shall look like the domain, the domain's own images stay."""

    has_discriminator = True

    def __init__(self, domain: experiments.Adversarial) -> None:
        super().__init__(domain)
        self.wants_identity = domain.identity > 0

    def __call__(self, scene: Scene, position: int) -> PerImage:
        """LSGAN without its factor 0.5, plus 5 x L1 of G(B, S) to B under the same S."""
        loss = adversarial.lsgan(scene.scores(position), real=True)
        if not self.wants_identity:
            return loss
        kept = reconstruction.l1(scene.identities[position], scene.reals[self.domain.data])
        return loss + self.domain.identity * kept


class CycleAdversarialObjective(Objective[experiments.CycleAdversarial]):
    """SingleGAN's loss (Fig. 7): LSGAN, and the way back home leads to the input again."""

    has_discriminator = True

    def __call__(self, scene: Scene, position: int) -> PerImage:
        """LSGAN plus 10 x L1 of G(G(x, S), home) to x."""
        cycle = reconstruction.l1(scene.back_home(self.domain.home), scene.source)
        loss = adversarial.lsgan(scene.scores(position), real=True)
        return loss + self.domain.cycle * cycle


class PerceptualObjective(Objective[experiments.Perceptual]):
    """L_per, supp. A.2: the input's content in the style image's manner."""

    wants_features = True

    def __init__(self, domain: experiments.Perceptual) -> None:
        super().__init__(domain)
        self._targets: dict[str, perceptual.Gram] = {}

    def prepare(self, features: VGGFeatures, style: Images) -> None:
        """Computes the style image's Gram matrices."""
        with torch.no_grad():
            self._targets = {tap: perceptual.gram(f) for tap, f in features(style).items()}

    def __call__(self, scene: Scene, position: int) -> PerImage:
        """0.001 x content MSE at relu2_2 plus 100 or 200 x weighted Gram MSE."""
        content = perceptual.content(scene.features[perceptual.CONTENT_TAP], scene.source_content)
        style = perceptual.weighted_style(scene.features, self._targets, self.domain.style)
        return self.domain.content * content + self.domain.style_scale * style


objective.register(experiments.Reconstruction, ReconstructionObjective)
objective.register(experiments.Adversarial, AdversarialObjective)
objective.register(experiments.CycleAdversarial, CycleAdversarialObjective)
objective.register(experiments.Perceptual, PerceptualObjective)


def _perceptual_network(networks: Networks) -> VGGFeatures:
    if networks.features is None:
        raise ValueError("an objective asks for perceptual features; the networks have none")
    return networks.features
