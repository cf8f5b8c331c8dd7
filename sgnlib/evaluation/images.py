"""The test images that a run is judged on."""

from __future__ import annotations

from sgnlib.datasets.catalog import load_images
from sgnlib.datasets.sampling import to_images
from sgnlib.experiments import Experiment
from sgnlib.shapes import Images


def eval_images(experiment: Experiment, domain: str, count: int | None = None) -> Images:
    """Test images of a domain at the run's size, the user's own where the row names a folder.

    Args:
        experiment: Gives the size and the folders.
        domain: Any domain, also one that the run has never seen.
        count: Only the first ones; all if None.
    """
    folder = dict(experiment.images).get(domain)
    pixels = load_images(domain, "test", experiment.image_size, folder=folder)
    return to_images(pixels[:count])


def eval_photos(experiment: Experiment, count: int | None = None) -> Images:
    """Test images of the domain that the run's input comes from."""
    return eval_images(experiment, experiment.source, count)


def showcase(experiment: Experiment, count: int, domain: str = "") -> Images:
    """The most colourful test images, for pictures; numbers come from all test images.

    Args:
        experiment: Gives the size and the folders.
        count: How many.
        domain: Any domain; the run's input photos if empty.
    """
    images = eval_images(experiment, domain or experiment.source)
    colourful = (images.amax(dim=1) - images.amin(dim=1)).mean(dim=(1, 2))
    return images[colourful.argsort(descending=True, stable=True)[:count].sort().values]
