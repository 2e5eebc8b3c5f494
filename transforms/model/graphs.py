"""A model file opened by the library that runs its kind, which is not imported before it is needed."""

from __future__ import annotations

from pathlib import Path

from transforms.model.model_file import runtime_of
from transforms.runtime.graph import Graph


def open_graph(path: Path) -> Graph:
    """The model in `path`, loaded.

    Raises:
        ModelError: it cannot be.
    """
    if runtime_of(path) == "onnx":
        from transforms.runtime.onnx import OnnxGraph

        return OnnxGraph(path)
    from transforms.runtime.litert import LiteRtGraph

    return LiteRtGraph(path)
