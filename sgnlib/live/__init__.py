"""Mixing domains by hand."""

import sys

# `import openvino` would report itself to its makers over the network, without asking. Where the
# package for that cannot be imported, it does not.
sys.modules.setdefault("openvino_telemetry", None)  # type: ignore[arg-type]
