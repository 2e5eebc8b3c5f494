"""ONNX models by ONNX Runtime: on the processor, one thread, and its telemetry is off before it is imported.

From 1.29 on it tells Microsoft of every process that imports it, unless the environment says otherwise beforehand.
"""

from __future__ import annotations

import os
import re
from collections import OrderedDict
from collections.abc import Mapping
from pathlib import Path
from threading import Lock
from typing import Any
from weakref import WeakValueDictionary

import numpy as np
from numpy.typing import NDArray

from transforms.runtime.graph import Tensor
from transforms.runtime.network import InferenceFailed, ModelError

os.environ["ORT_DISABLE_TELEMETRY"] = "1"
import onnxruntime  # type: ignore[import-untyped]

DTYPES = {
    "tensor(float)": "float32",
    "tensor(float16)": "float16",
    "tensor(double)": "float64",
    "tensor(uint8)": "uint8",
    "tensor(int8)": "int8",
    "tensor(int32)": "int32",
    "tensor(int64)": "int64",
    "tensor(bool)": "bool",
}

KEPT = 2
"""Models that stay loaded while no call uses them: the next call starts at once."""

LONGEST_MESSAGE = 240
"""Characters: the library quotes whole paths of its own sources."""

FATAL = 4
"""onnxruntime's severity: what goes wrong is raised, and need not be printed too."""

MISNAMED = "re-use buffer"
"""What the library says where a model calls sides by one name that are not alike, as exporters do: it relies on it."""

_FAULTS: tuple[type[Exception], ...] = (
    *(
        fault
        for fault in vars(onnxruntime.capi.onnxruntime_pybind11_state).values()
        if isinstance(fault, type) and issubclass(fault, Exception)
    ),
    RuntimeError,
    ValueError,
)
"""It has an exception class for every kind of failure, and none that they share."""


class OnnxGraph:
    """One stream's use of a model. All streams of a process share the session, which remembers nothing between runs."""

    def __init__(self, path: Path) -> None:
        """Load `path`, unless it is loaded.

        Raises:
            ModelError: it is no model that can be run here.
        """
        self._shared: _Session | None = _SESSIONS.of(path)
        self.inputs = self._shared.inputs
        self.outputs = self._shared.outputs

    def run(self, feeds: Mapping[str, NDArray[Any]]) -> dict[str, NDArray[Any]]:
        """See `Graph.run`."""
        if self._shared is None:
            raise InferenceFailed("the model is closed")
        return self._shared.run(feeds)

    def close(self) -> None:
        """Let go of the session."""
        self._shared = None


class _Session:
    """A loaded file. Any thread may run it at any time: it computes in the thread that calls."""

    def __init__(self, path: Path) -> None:
        self._path = path
        try:
            self._session = _opened(path)
        except _FAULTS as error:
            raise ModelError(f"model {path} cannot be loaded: {_told(error)}") from error
        self.inputs = tuple(_tensor(value, path) for value in self._session.get_inputs())
        self.outputs = tuple(_tensor(value, path) for value in self._session.get_outputs())
        self._names = [tensor.name for tensor in self.outputs]
        self._is_sparing = True

    def run(self, feeds: Mapping[str, NDArray[Any]]) -> dict[str, NDArray[Any]]:
        try:
            answers = self._session.run(self._names, dict(feeds))
        except _FAULTS as error:
            if self._is_sparing and MISNAMED in str(error):
                self._is_sparing = False
                self._session = _opened(self._path, is_sparing=False)
                return self.run(feeds)
            raise InferenceFailed(_told(error)) from error
        return {name: np.asarray(answer) for name, answer in zip(self._names, answers, strict=True)}


def _opened(path: Path, *, is_sparing: bool = True) -> Any:
    """A session; a sparing one puts tensors into the memory of those that are used up and should be as large."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = FATAL
    options.enable_mem_pattern = False  # it plans for one size of pictures and keeps the plan of each that came
    options.enable_mem_reuse = is_sparing
    return onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])


_Identity = tuple[str, int, int, int]


class _Sessions:
    """The sessions of this process, by the file as it was when it was loaded. `KEPT` outlive their last user."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._loaded: WeakValueDictionary[_Identity, _Session] = WeakValueDictionary()
        self._kept: OrderedDict[_Identity, _Session] = OrderedDict()

    def of(self, path: Path) -> _Session:
        """The session of a file, the same for everybody; one that is loading is waited for."""
        identity = _identity(path)
        with self._lock:
            session = self._loaded.get(identity)
            if session is None:
                session = self._loaded[identity] = _Session(path)
            self._kept[identity] = session
            self._kept.move_to_end(identity)
            while len(self._kept) > KEPT:
                self._kept.popitem(last=False)
            return session


_SESSIONS = _Sessions()


def _identity(path: Path) -> _Identity:
    try:
        status = path.stat()
    except OSError as error:
        raise ModelError(f"model {path} cannot be read: {error.strerror}") from error
    return str(path.resolve()), status.st_ino, status.st_size, status.st_mtime_ns


def _tensor(value: Any, path: Path) -> Tensor:
    if value.type not in DTYPES:
        raise ModelError(f"model {path}: {value.name} is a {value.type}, which is no tensor of numbers")
    shape = tuple(side if isinstance(side, int) and side >= 0 else None for side in value.shape)
    return Tensor(value.name, shape, DTYPES[value.type])


_PREFIX = re.compile(r"\[ONNXRuntimeError\] : \d+ : \w+ : (?:Load model from .*? failed: ?)?")
_PLACE = re.compile(r"/onnxruntime_src/\S+:\d+ .*?\) (?=[A-Z])")


def _told(error: Exception) -> str:
    """The library's message without its prefix and source lines: one line, not a page."""
    if isinstance(error, UnicodeDecodeError):  # its own words quote a name in the file, which is no text
        return "it holds names that are no text, as a damaged file does"
    return _PLACE.sub("", _PREFIX.sub("", " ".join(str(error).split())))[:LONGEST_MESSAGE]
