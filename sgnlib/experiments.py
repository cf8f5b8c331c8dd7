"""Every training run of the paper as one frozen row. Standard library only: read it as a table.

A variant is `dataclasses.replace(MODEL_2, injection="cbn")`; a profile is a function from row to
row that shrinks it to the machine at hand. The toy problem's rows are in `toy.py`.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from typing import Literal

# ------------------------------------------------------------------ domains: a loss with its data


@dataclass(frozen=True)
class Reconstruction:
    """L_rec, supp. A.2: `weight` x L1 between output and input."""

    data: str
    weight: float = 2.0


@dataclass(frozen=True)
class Adversarial:
    """L_adv, supp. A.2: LSGAN plus `identity` x L1 of G(image of the domain, S) to that image."""

    data: str
    identity: float = 5.0


@dataclass(frozen=True)
class CycleAdversarial:
    """SingleGAN's loss for a domain: LSGAN plus `cycle` x L1 of the way there and back.

    The way back uses the corner of domain number `home`, the domain of the input photos.
    """

    data: str
    cycle: float = 10.0
    home: int = 0


@dataclass(frozen=True)
class Perceptual:
    """L_per, supp. A.2: `content` x MSE at relu2_2 plus `style_scale` x weighted Gram MSE."""

    data: str
    content: float = 0.001
    style: tuple[float, ...] = (0.1, 1.0, 10.0, 5.0)
    style_scale: float = 100.0


Domain = Reconstruction | Adversarial | CycleAdversarial | Perceptual

# -------------------------------------------------------------------- how S is drawn in training


@dataclass(frozen=True)
class Dirichlet:
    """S ~ Dirichlet(concentration, ...), one draw per image: the paper's training, Eq. (2)."""

    concentration: float = 0.5


@dataclass(frozen=True)
class Fixed:
    """S is a constant: a hyper-parameter model, the baseline of Table 3."""

    sym: tuple[float, ...]


@dataclass(frozen=True)
class Corners:
    """S is one corner at a time, uniformly: a multi-domain model such as SingleGAN (Fig. 7)."""


Sampling = Dirichlet | Fixed | Corners
Injection = Literal["ccam", "concat", "cbn"]

# -------------------------------------------------------------------------------------- the rows


@dataclass(frozen=True)
class Experiment:
    """One training run. The defaults are the paper's (Table 4, supp. A.2).

    Attributes:
        name: Short and unique; names the run's folder.
        title: What the reader of a table sees.
        domains: One loss with its data per component of S.
        source: Where the input photos come from.
        injection: How S enters the generator: CCAM, or Fig. 8's CONCAT and CBN.
        sampling: How S is drawn in training.
        image_size: Side of the training crops in pixels, a multiple of 4.
        steps: Number of updates; the second half decays the learning rate linearly to zero.
        ngf, n_blocks: Generator's first width, number of residual blocks.
        reduction: Channels per hidden unit of a CCAM (Table 4: 4, so 16, 64 and 64 units).
        gate_spread: Standard deviation of the weights before the gates at the start; 0: PyTorch's.
        ndf, d_layers: Discriminator's first width, number of stride-2 layers (3: 70x70 patches).
        features: The perceptual network: VGG16 with "imagenet" weights or seeded "random" ones;
            "auto" takes ImageNet's where they are to be had; anything else is the path of a file
            with another network (`sgnlib.nn.backbone`).
        feature_width: The random VGG16's channels as a share of VGG16's.
        images: (domain, folder or file) for every domain whose images are not the embedded ones.
    """

    name: str
    title: str
    domains: tuple[Domain, ...]
    source: str = "photo"
    injection: Injection = "ccam"
    sampling: Sampling = Dirichlet()
    image_size: int = 256
    batch_size: int = 4
    steps: int = 31_420
    ngf: int = 64
    n_blocks: int = 9
    reduction: int = 4
    gate_spread: float = 0.0
    ndf: int = 64
    d_layers: int = 3
    learning_rate: float = 2e-4
    betas: tuple[float, float] = (0.5, 0.999)
    pool_size: int = 50
    features: str = "auto"
    feature_width: float = 1.0
    seed: int = 0
    images: tuple[tuple[str, str], ...] = ()

    def digest(self) -> str:
        """Eight hex digits that change with any field but the title: the run folder's suffix."""
        fields = asdict(replace(self, title=""))
        row = json.dumps(fields | {"kinds": [type(d).__name__ for d in self.domains]})
        return hashlib.sha256((row + type(self.sampling).__name__).encode()).hexdigest()[:8]


def _steps(epochs: int, photos: int, batch_size: int = 4) -> int:
    return epochs * (photos // batch_size)


PHOTOS, YOSEMITE_SUMMER = 6287, 1231
"""Photos of vangogh2photo, ukiyoe2photo and monet2photo (trainB); of summer2winter (trainA)."""

MODEL_1 = Experiment(
    name="model-1",
    title="Model 1: photo, Van Gogh, Udnie",
    domains=(
        Reconstruction("photo"),
        Adversarial("vangogh"),
        Perceptual("udnie", style_scale=200.0),
    ),
    steps=_steps(20, PHOTOS),
)
MODEL_2 = Experiment(
    name="model-2",
    title="Model 2: photo, ukiyo-e, Rain Princess",
    domains=(Reconstruction("photo"), Adversarial("ukiyoe"), Perceptual("rain-princess")),
    steps=_steps(20, PHOTOS),
)
MODEL_3 = Experiment(
    name="model-3",
    title="Model 3: summer, winter, Monet",
    domains=(Reconstruction("summer"), Adversarial("winter"), Adversarial("monet")),
    source="summer",
    steps=_steps(60, YOSEMITE_SUMMER),
)

TABLE_3_WEIGHTS = (
    (1.0, 0.0, 0.0),
    (0.5, 0.5, 0.0),
    (0.0, 1.0, 0.0),
    (0.0, 0.5, 0.5),
    (0.0, 0.0, 1.0),
    (0.5, 0.0, 0.5),
)
"""The six S of Table 3, in its order."""


def hyper(row: Experiment, sym: tuple[float, ...]) -> Experiment:
    """The hyper-parameter model of a row: the same network, trained with one S only."""
    at = "-".join(f"{s:g}" for s in sym)
    return replace(
        row,
        name=f"{row.name}-hyper-{at}",
        title=f"hyper-parameter model {sym}",
        sampling=Fixed(sym),
    )


TABLE_3_HYPER = tuple(hyper(MODEL_1, sym) for sym in TABLE_3_WEIGHTS)

MODEL_2_CONCAT = replace(
    MODEL_2, name="model-2-concat", title="Model 2 with CONCAT", injection="concat"
)
MODEL_2_CBN = replace(MODEL_2, name="model-2-cbn", title="Model 2 with CBN", injection="cbn")

FIG_7_SGN = Experiment(
    name="fig-7-sgn",
    title="SGN: photo, ukiyo-e, Van Gogh",
    domains=(Reconstruction("photo"), Adversarial("ukiyoe"), Adversarial("vangogh")),
)
FIG_7_SINGLEGAN = Experiment(
    name="fig-7-singlegan",
    title="SingleGAN: photo, ukiyo-e, Van Gogh",
    domains=(CycleAdversarial("photo"), CycleAdversarial("ukiyoe"), CycleAdversarial("vangogh")),
    injection="cbn",
    sampling=Corners(),
)

# Differs: the paper does not name Fig. 15's domains; ours are what its three models leave out.
FIG_15 = Experiment(
    name="fig-15",
    title="Additional model: Monet, Van Gogh, Udnie",
    domains=(Adversarial("monet"), Adversarial("vangogh"), Perceptual("udnie")),
)
FOUR_DOMAINS = Experiment(
    name="four-domains",
    title="Four domains: photo, Van Gogh, ukiyo-e, Udnie",
    domains=(
        Reconstruction("photo"),
        Adversarial("vangogh"),
        Adversarial("ukiyoe"),
        Perceptual("udnie"),
    ),
)

EXPERIMENTS: tuple[Experiment, ...] = (
    MODEL_1,
    *TABLE_3_HYPER,
    MODEL_2,
    MODEL_2_CONCAT,
    MODEL_2_CBN,
    MODEL_3,
    FIG_7_SGN,
    FIG_7_SINGLEGAN,
    FIG_15,
    FOUR_DOMAINS,
)

# ---------------------------------------------------------------------------------- the profiles


def paper(row: Experiment) -> Experiment:
    """The paper's sizes: one GPU."""
    return row


def laptop(row: Experiment) -> Experiment:
    """Pictures worth looking at, of real images too: an hour per model on one CPU core."""
    row = replace(quick(row), features=row.features, image_size=128, batch_size=1, n_blocks=3)
    return replace(row, ndf=24, steps=10_000, learning_rate=1e-3)


def quick(row: Experiment) -> Experiment:
    """Minutes for everything on two cores.

    So few updates go further with small batches, a shallow wide trunk, a high learning rate, CCAMs
    with the paper's 16 and 64 hidden units, and gates that depend on S from the start.
    """
    return replace(
        row,
        image_size=64,
        batch_size=2,
        ngf=16,
        n_blocks=1,
        reduction=1,
        gate_spread=0.5,
        ndf=16,
        d_layers=2,
        steps=800,
        learning_rate=2e-3,
        features="random",
        feature_width=0.25,
    )


def smoke(row: Experiment) -> Experiment:
    """Seconds for everything, for tests: the code runs, the pictures mean nothing."""
    return replace(
        quick(row),
        image_size=32,
        ngf=4,
        n_blocks=1,
        ndf=4,
        batch_size=2,
        steps=4,
        feature_width=1 / 16,
    )


PROFILES: dict[str, Callable[[Experiment], Experiment]] = {
    "smoke": smoke,
    "quick": quick,
    "laptop": laptop,
    "paper": paper,
}


def experiment(name: str) -> Experiment:
    """The row of that name, at the paper's sizes.

    Raises:
        KeyError: No such row; the message lists all.
    """
    rows = {row.name: row for row in EXPERIMENTS}
    if name not in rows:
        raise KeyError(f"no experiment {name!r}; there are {', '.join(rows)}")
    return rows[name]


def at_profile(row: Experiment, profile: str) -> Experiment:
    """The row at a profile's sizes.

    Raises:
        KeyError: No such profile; the message lists all.
    """
    if profile not in PROFILES:
        raise KeyError(f"no profile {profile!r}; there are {', '.join(PROFILES)}")
    return PROFILES[profile](row)
