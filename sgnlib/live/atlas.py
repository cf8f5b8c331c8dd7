"""An atlas: one HTML file in which a run's domains are mixed without a kernel.

It holds the translations at the nodes of a lattice over the simplex; what lies between, the page
blends of the nodes around it. With the network in it, it translates its reader's photos too.
"""

from __future__ import annotations

import base64
import html
import io
import json
import re
from collections.abc import Sequence
from pathlib import Path

import torch
from PIL import Image

from sgnlib.datasets.folders import read_image
from sgnlib.datasets.sampling import to_images, to_pixels
from sgnlib.evaluation.images import showcase
from sgnlib.evaluation.labels import domain_names, title
from sgnlib.evaluation.translate import mixes
from sgnlib.experiments import Experiment
from sgnlib.live.assets import PAD_SCRIPT, STAGE_SCRIPT, joined
from sgnlib.live.lattice import all_nodes
from sgnlib.live.network import network_json
from sgnlib.live.web_runtime import PACKAGE, VERSION
from sgnlib.plots.style import SEPARATOR, colour
from sgnlib.shapes import Images
from sgnlib.storage import atomic_write
from sgnlib.training.runs import Run

SMALLEST_SIDE = 256
"""Pixels; smaller pictures are enlarged smoothly, for a browser does it less well."""

QUALITY = 90
"""Of WebP: 15 pictures of 256 pixels take about 150 kB."""

PICTURES = 120
"""The most translations that an atlas holds by default: about 2 MB."""


def write_atlas(
    file: Path,
    run: Run,
    photos: Images,
    *,
    divisions: int = 4,
    profile: str = "",
    network: bool = False,
) -> Path:
    """Writes `atlas_html` whole or not at all.

    Returns:
        The path.
    """
    page = atlas_html(run, photos, divisions=divisions, profile=profile, network=network)
    return atomic_write(file, page.encode())


def atlas_html(
    run: Run, photos: Images, *, divisions: int = 4, profile: str = "", network: bool = False
) -> str:
    """The page: pad, original and result, a choice of photos, and how it was made.

    Args:
        run: A finished run.
        photos: In [-1, 1], height and width divisible by 4; they are translated at every node:
            15 for three domains, 35 for four.
        divisions: Steps of the lattice from corner to corner.
        profile: At which the run was trained, for the line that says so.
        network: Whether the page can translate other photos: about 5 MB more.

    Raises:
        RuntimeMissing: The network is wanted, and onnxruntime-web cannot be had.
    """
    domains = domain_names(run.experiment)
    nodes = all_nodes(len(domains), divisions)
    translated = mixes(run.generator(), photos, torch.tensor(nodes) / divisions)
    atlas = {
        "names": [title(domain) for domain in domains],
        "colours": [colour(domain) for domain in domains],
        "divisions": divisions,
        "nodes": nodes,
        "photos": [
            {"photo": photo, "pictures": pictures}
            for photo, *pictures in zip(_base64(photos), *map(_base64, translated), strict=True)
        ],
    }
    return _filled(
        title=html.escape(run.experiment.title),
        corners=str(min(len(domains), 3)),
        made=html.escape(_made(run, len(nodes), divisions, profile, network)),
        atlas=json.dumps(atlas).replace("<", r"\u003c"),
        **(_with_network(run) if network else _WITHOUT_NETWORK),
    )


def atlas_photos(experiment: Experiment, files: Sequence[Path] = (), divisions: int = 4) -> Images:
    """Photos for an atlas, at the size of the run's images.

    Args:
        experiment: The run's row.
        files: Images of one's own, cropped to squares; where there are none, the most colourful
            test photos, as many as the page has room for.
        divisions: Of the lattice.

    Raises:
        FileNotFoundError: A file is not there.
        ImageError: A file cannot be used.
    """
    if not files:
        nodes = len(all_nodes(len(experiment.domains), divisions))
        return showcase(experiment, min(max(PICTURES // nodes, 1), 8))
    side = experiment.image_size
    pixels = [torch.from_numpy(read_image(file, side, smallest=8).copy()) for file in files]
    return to_images(torch.stack(pixels))


def _filled(**parts: str) -> str:
    """The template with its parts; scripts and styles are the widgets' own."""
    parts |= {
        "style": joined("theme.css", "pad.css", "stage.css"),
        "pad": _expression(PAD_SCRIPT),
        "stage": _expression(STAGE_SCRIPT),
    }
    return re.sub(r"\{\{ (\w+) \}\}", lambda found: parts[found[1]], joined("atlas.html"))


_WITHOUT_NETWORK = {
    "scripts": "'unsafe-inline'",
    "script": joined("lattice.js", "atlas.js"),
    "own": "",
}


def _with_network(run: Run) -> dict[str, str]:
    # Compiling what the page holds, and a worker made of it; still, nothing is fetched.
    return {
        "scripts": "'unsafe-inline' 'wasm-unsafe-eval' blob:; worker-src blob:",
        "script": joined("lattice.js", "atlas.js", "own.js"),
        "own": joined("own.html").replace("{{ network }}", network_json(run.generator())),
    }


def _expression(module: str) -> str:
    """A module's default export as an expression, its other names hidden."""
    return f"(() => {{\n{module.replace('export default', 'return')}\n}})()"


def _made(run: Run, nodes: int, divisions: int, profile: str, network: bool) -> str:
    row = run.experiment
    parts = [
        f"run {run.path.name}",
        *([f"profile {profile}"] if profile else []),
        f"{row.image_size} px, {row.steps} steps",
        f"translated by the network at {nodes} nodes of S ({divisions} divisions), between them "
        "blended in the page",
        *([f"your own photos by {PACKAGE} {VERSION}"] if network else []),
        f"perceptual network: {run.features_kind}",
    ]
    return SEPARATOR.join(parts)


def _base64(images: Images) -> list[str]:
    return [base64.b64encode(content).decode() for content in map(_webp, to_pixels(images))]


def _webp(pixels: torch.Tensor) -> bytes:
    image = Image.fromarray(pixels.permute(1, 2, 0).numpy())
    scale = max(SMALLEST_SIDE / max(image.size), 1)
    size = (round(image.width * scale), round(image.height * scale))
    buffer = io.BytesIO()
    image.resize(size, Image.Resampling.BICUBIC).save(buffer, "WEBP", quality=QUALITY, method=6)
    return buffer.getvalue()
