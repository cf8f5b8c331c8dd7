"""What a page needs to compute a generator by itself: its two ONNX models, a runtime, a worker."""

from __future__ import annotations

import base64
import gzip
import json

import onnx

from sgnlib.live.assets import joined
from sgnlib.live.onnx import enter_model, mix_model
from sgnlib.live.web_runtime import web_runtime
from sgnlib.nn.generator import Generator


def network_json(generator: Generator) -> str:
    """The network as JSON that may stand in a page: all binary parts gzipped, in base64.

    Weights are in half precision, which halves the models; the page computes in float32.

    Raises:
        RuntimeMissing: onnxruntime-web cannot be had.
    """
    runtime = web_runtime()
    parts = {
        "worker": joined("network_worker.js"),
        "script": runtime.script,
        "wasm": _packed(runtime.wasm),
        "enter": _packed_model(enter_model(generator, "f16")),
        "mix": _packed_model(mix_model(generator, "f16")),
    }
    return json.dumps(parts).replace("<", r"\u003c")


def _packed_model(model: onnx.ModelProto) -> str:
    return _packed(model.SerializeToString(deterministic=True))


def _packed(content: bytes) -> str:
    # mtime 0: the same network gives the same page.
    return base64.b64encode(gzip.compress(content, 9, mtime=0)).decode()
