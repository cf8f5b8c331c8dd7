"""Names for the shapes that travel through the library; the tests enforce them at run time."""

from __future__ import annotations

from jaxtyping import Float, Int64, UInt8
from torch import Tensor

Images = Float[Tensor, "batch 3 height width"]
"""RGB images in [-1, 1]."""

Pixels = UInt8[Tensor, "batch 3 height width"]
"""RGB images in 0..255, as they are stored."""

Pool = UInt8[Tensor, "images 3 full_height full_width"]
"""All pixels of a domain, larger than the crops that a batch shows."""

Places = Int64[Tensor, "4 batch"]
"""Where crops lie: image, top, left, and 1 if mirrored, else 0."""

Rows = Int64[Tensor, " batch"]
"""Numbers of rows, one per image."""

Sym = Float[Tensor, "batch domains"]
"""One sym-parameter per image: a point of the simplex (outside it: extrapolation)."""

PerImage = Float[Tensor, " batch"]
"""One value per image."""

PerDomain = Float[Tensor, "batch domains"]
"""One value per image and domain."""

Features = Float[Tensor, "batch channels height width"]
"""Feature maps."""

NewFeatures = Float[Tensor, "batch new_channels new_height new_width"]
"""Feature maps of another size than those they are made of."""

Attention = Float[Tensor, "batch channels"]
"""One gate in (0, 1) per channel."""

Scores = Float[Tensor, "batch 1 rows columns"]
"""One realness score per patch of an image."""
