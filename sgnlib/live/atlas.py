"""An atlas: one HTML file in which a model's domains are mixed without a kernel.

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
from sgnlib.evaluation.labels import title
from sgnlib.evaluation.models import Model, of_run
from sgnlib.evaluation.translate import mixes
from sgnlib.experiments import Experiment
from sgnlib.live.assets import PAD_SCRIPT, STAGE_SCRIPT, joined
from sgnlib.live.lattice import all_nodes
from sgnlib.live.network import network_json
from sgnlib.live.photos import shipped_photos
from sgnlib.live.web_runtime import PACKAGE, VERSION
from sgnlib.nn.generator import Generator
from sgnlib.plots.style import SEPARATOR, colour
from sgnlib.shapes import Images
from sgnlib.storage import atomic_write
from sgnlib.training.runs import Run

SMALLEST_SIDE = 256
"""Pixels; smaller pictures are enlarged smoothly, for a browser does it less well."""

DIVISIONS = 4
"""Of the lattice, from corner to corner."""

QUALITY = 90
"""Of WebP: 15 pictures of 256 pixels take about 150 kB."""

PICTURES = 120
"""The most translations that an atlas holds by default: about 2 MB."""


def write_atlas(
    file: Path,
    source: Run | Model,
    photos: Images,
    *,
    divisions: int = DIVISIONS,
    profile: str = "",
    network: bool = False,
) -> Path:
    """Writes `atlas_html` whole or not at all.

    Returns:
        The path.
    """
    page = atlas_html(source, photos, divisions=divisions, profile=profile, network=network)
    return atomic_write(file, page.encode())


def atlas_html(
    source: Run | Model,
    photos: Images,
    *,
    divisions: int = DIVISIONS,
    profile: str = "",
    network: bool = False,
) -> str:
    """The page: pad, original and result, a choice of photos, and how it was made.

    Args:
        source: A finished run, or a model from `find_model`.
        photos: In [-1, 1], height and width divisible by 4; they are translated at every node:
            15 for three domains, 35 for four.
        divisions: Steps of the lattice from corner to corner.
        profile: At which a run was trained, for the line that says so.
        network: Whether the page can translate other photos: about 6 MB more.

    Raises:
        RuntimeMissing: The network is wanted, and onnxruntime-web cannot be had.
    """
    model = of_run(source) if isinstance(source, Run) else source
    nodes = all_nodes(len(model.domains), divisions)
    translated = mixes(model.generator, photos, torch.tensor(nodes) / divisions)
    atlas = {
        "names": [title(domain) for domain in model.domains],
        "colours": [colour(domain) for domain in model.domains],
        "divisions": divisions,
        "nodes": nodes,
        "photos": [
            {"photo": photo, "pictures": pictures}
            for photo, *pictures in zip(_base64(photos), *map(_base64, translated), strict=True)
        ],
    }
    return _filled(
        title=html.escape(model.name),
        corners=str(min(len(model.domains), 3)),
        made=html.escape(_made(model.origin, profile, len(nodes), divisions, network)),
        atlas=json.dumps(atlas).replace("<", r"\u003c"),
        **(_with_network(model.generator) if network else _WITHOUT_NETWORK),
    )


def atlas_photos(experiment: Experiment, divisions: int = DIVISIONS) -> Images:
    """The most colourful test photos of a row, as many as a page has room for.

    Args:
        experiment: The row.
        divisions: Of the lattice.
    """
    return showcase(experiment, _room(len(experiment.domains), divisions))


def photographs(domains: int, files: Sequence[Path] = ()) -> Images:
    """Real photographs for an atlas, squares of 256 pixels.

    Args:
        domains: Of the model.
        files: One's own, cropped; where there are none, some of those that `sgn mix` shows, as
            many as a page has room for.

    Raises:
        FileNotFoundError: A file is not there.
        ImageError: A file cannot be used.
    """
    if not files:
        return torch.cat(list(shipped_photos(SMALLEST_SIDE).values())[: _room(domains, DIVISIONS)])
    pixels = [read_image(file, SMALLEST_SIDE, smallest=8).copy() for file in files]
    return to_images(torch.stack([torch.from_numpy(one) for one in pixels]))


def _room(domains: int, divisions: int) -> int:
    return min(max(PICTURES // len(all_nodes(domains, divisions)), 1), 8)


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


def _with_network(generator: Generator) -> dict[str, str]:
    # Compiling what the page holds, and a worker made of it; still, nothing is fetched.
    return {
        "scripts": "'unsafe-inline' 'wasm-unsafe-eval' blob:; worker-src blob:",
        "script": joined("lattice.js", "atlas.js", "own.js"),
        "own": joined("own.html").replace("{{ network }}", network_json(generator)),
    }


def _expression(module: str) -> str:
    """A module's default export as an expression, its other names hidden."""
    return f"(() => {{\n{module.replace('export default', 'return')}\n}})()"


def _made(origin: str, profile: str, nodes: int, divisions: int, network: bool) -> str:
    parts = [
        origin,
        *([f"profile {profile}"] if profile else []),
        f"translated by the network at {nodes} nodes of S ({divisions} divisions), between them "
        "blended in the page",
        *([f"your own photos by {PACKAGE} {VERSION}"] if network else []),
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
