"""What `sgn mix` hands to the kernels of its pages, through their environment."""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass

VARIABLE = "SGN_MIX"


@dataclass(frozen=True)
class Settings:
    """Which mixer a page shows.

    Attributes:
        model: See `sgnlib.evaluation.models.find_model`.
        profile, seed: Of an experiment.
        photo: Absolute path of the first photo; shipped ones if None.
    """

    model: str
    profile: str | None
    seed: int
    photo: str | None

    def hand_over(self) -> None:
        """Puts the settings where processes that start from now on find them."""
        os.environ[VARIABLE] = json.dumps(asdict(self))

    @classmethod
    def taken(cls) -> Settings:
        """The settings that this process was started with."""
        return cls(**json.loads(os.environ[VARIABLE]))
