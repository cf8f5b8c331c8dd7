"""How domains and sym-parameters are written for readers, in tables and figures alike."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from sgnlib.experiments import Domain, Experiment

LETTERS = "ABCDEFGH"
"""The paper's names of domains 1, 2, 3, ..."""

TITLES = {
    "photo": "photo",
    "vangogh": "Van Gogh",
    "udnie": "Udnie",
    "ukiyoe": "ukiyo-e",
    "rain-princess": "Rain Princess",
    "summer": "summer",
    "winter": "winter",
    "monet": "Monet",
}

KINDS = {"Reconstruction": "rec", "Adversarial": "adv", "CycleAdversarial": "adv"}
"""The paper's index of a loss, by the domain's class; "per" for the rest."""


def title(domain: str) -> str:
    """The domain's name for readers; a name of the user's own as it is."""
    return TITLES.get(domain, domain)


def domain_names(experiment: Experiment) -> list[str]:
    """The data of the row's domains, first component of S first."""
    return [domain.data for domain in experiment.domains]


def loss_names(experiment: Experiment) -> list[str]:
    """L_rec, L_adv, L_per; with the domain's name where a kind comes twice: L_adv Monet."""
    kinds = [kind(domain) for domain in experiment.domains]
    several = Counter(kinds)
    return [
        f"L_{name} {title(domain.data)}" if several[name] > 1 else f"L_{name}"
        for name, domain in zip(kinds, experiment.domains, strict=True)
    ]


def kind(domain: Domain) -> str:
    """The paper's index of the domain's loss: rec, adv or per."""
    return KINDS.get(type(domain).__name__, "per")


def sym_label(sym: Sequence[float]) -> str:
    """S as the paper prints it under its pictures: (0.5, 0.5, 0.0); thirds as 0.33."""
    return f"({', '.join(_weight(float(s)) for s in sym)})"


def _weight(value: float) -> str:
    return f"{value:.1f}" if abs(value * 10 - round(value * 10)) < 1e-4 else f"{value:.2f}"
