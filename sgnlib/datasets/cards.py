"""The data cards: what the real data sets are, where they come from, what is wrong with them.

Standard library only, so that `sgn data list` starts at once.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

ORIGIN = "https://efrosgans.eecs.berkeley.edu/cyclegan/datasets/{name}.zip"
"""Where CycleGAN's authors keep their data sets."""

PHOTO_LICENCE = "photos from Flickr: each its photographer's, licences unknown; research only"


@dataclass(frozen=True)
class Card:
    """A data set of CycleGAN's authors, unpaired, 256x256 JPEGs.

    Attributes:
        name: As in its address.
        a, b: What lies in trainA and testA, in trainB and testB.
        counts: Images per folder.
        licence: As far as it is known.
        faults: What to know before trusting a number.
        size, sha256: Of the zip, as TensorFlow Datasets recorded them for the same file at its
            former address. Where they are None, those of the first download are noted and hold
            from then on.
    """

    name: str
    a: str
    b: str
    counts: dict[str, int]
    licence: str
    faults: tuple[str, ...]
    size: int | None
    sha256: str | None

    @property
    def megabytes(self) -> int:
        """Size of the zip; 0 if it is not known."""
        return round((self.size or 0) / 2**20)


def _counts(train_a: int, test_a: int, train_b: int, test_b: int) -> dict[str, int]:
    return {"trainA": train_a, "testA": test_a, "trainB": train_b, "testB": test_b}


CARDS = (
    Card(
        name="vangogh2photo",
        a="paintings by Vincent van Gogh (Wikiart)",
        b="landscape photos (Flickr)",
        counts=_counts(400, 400, 6287, 751),
        licence=f"paintings: public domain; {PHOTO_LICENCE}",
        faults=("testA repeats trainA: no number on Van Gogh's test images is one on unseen ones",),
        size=306_590_349,
        sha256="362c3473e70be0944bda08d49d660eafdc2854df55d697835b8186d1d79caaff",
    ),
    Card(
        name="ukiyoe2photo",
        a="ukiyo-e prints (Wikiart)",
        b="the photos of vangogh2photo",
        counts=_counts(562, 263, 6287, 751),
        licence=f"prints: mostly public domain, some of the 20th century are not; {PHOTO_LICENCE}",
        faults=(),
        size=292_946_532,
        sha256="02a2a2fb5ecf425ca1bf86aca7304377da64a2a1d3b86df54eb65e4068bf3b08",
    ),
    Card(
        name="monet2photo",
        a="paintings by Claude Monet (Wikiart)",
        b="the photos of vangogh2photo",
        counts=_counts(1072, 121, 6287, 751),
        licence=f"paintings: public domain; {PHOTO_LICENCE}",
        faults=(),
        size=305_231_073,
        sha256="88f91b00fc228f97c9411fbf1880ec1d119c98f1722e4cfcfaa2fb35fac05b04",
    ),
    Card(
        name="summer2winter_yosemite",
        a="Yosemite in summer (Flickr)",
        b="Yosemite in winter (Flickr)",
        counts=_counts(1231, 309, 962, 238),
        licence=PHOTO_LICENCE,
        faults=(
            "repeated: 132 of 1231 summer and 114 of 962 winter training images show what another "
            "one shows",
            "leaking: 26 of 309 summer and 16 of 238 winter test images are training images too",
        ),
        size=132_640_856,
        sha256="167fe1726807a9d22bd106b4a6c0bd7953b688af924ac1bf967439c4961e49f9",
    ),
)
"""The data sets of the paper's Models 1 to 3 (Table 2)."""

PHOTO_SETS = ("vangogh2photo", "ukiyoe2photo", "monet2photo")
"""They share the 6287 and 751 photos of trainB and testB."""

SIDES = {
    "vangogh": ("vangogh2photo", "trainA"),
    "ukiyoe": ("ukiyoe2photo", "trainA"),
    "monet": ("monet2photo", "trainA"),
    "summer": ("summer2winter_yosemite", "trainA"),
    "winter": ("summer2winter_yosemite", "trainB"),
}
"""Domain -> its data set and training folder; the test folder lies beside it."""

STYLES = {
    "udnie": "Francis Picabia (died 1953), Udnie, 1913: public domain in most countries",
    "rain-princess": "Leonid Afremov (died 2019), Rain Princess: not in the public domain",
}
"""The paper's style images. Nothing downloads them by itself: you bring the file or its address."""


def card(name: str) -> Card:
    """The card of that name.

    Raises:
        KeyError: There is none; the message lists all.
    """
    cards = {one.name: one for one in CARDS}
    if name not in cards:
        raise KeyError(f"no data set {name!r}; there are {', '.join(cards)}")
    return cards[name]


def side(domain: str, beside: Collection[str] = ()) -> tuple[str, str] | None:
    """A domain's data set and training folder; None if no data set has it.

    Args:
        domain: For instance "monet".
        beside: The other domains of the experiment. The photos are taken from a data set that one
            of them needs anyway, so that no second one has to be got for them.
    """
    if domain != "photo":
        return SIDES.get(domain)
    needed = [SIDES[one][0] for one in beside if one in SIDES]
    return next((name for name in needed if name in PHOTO_SETS), PHOTO_SETS[0]), "trainB"
