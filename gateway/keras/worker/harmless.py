"""A Keras model's configuration, looked through for code before Keras sees it.

A Keras file is a description of layers, and some descriptions make Keras run what the file's maker wanted: a Lambda
layer holds Python bytecode, any object may name a module and a function to import, some layers load pickles or other
files, an operation of TensorFlow may write files (CVE-2024-3660, CVE-2025-1550, CVE-2025-8747). Keras' own safe mode
covers only its newest format, and not every one of these. So all of it is looked through here, as data, and what is
not known to be harmless is refused by name. Lambda layers are the business of `lambdas.py`, which comes first.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from .refusal import Refused

HARMLESS_PARTS = frozenset(
    {
        *("activations", "constraints", "dtype_policies", "engine", "initializers", "layers", "losses", "metrics"),
        *("mixed_precision", "models", "ops", "optimizers", "regularizers"),
    }
)
"""Parts of Keras whose objects compute and nothing else. Not among them: `utils`, which fetches and unpacks files."""

KERAS = re.compile(
    r"^(?:tensorflow\.python\.|tensorflow\.)?(?:tf_)?keras(?:\.src)?(?:\.api(?:\._v2)?(?:\.keras)?)?(?:\.(\w+)|$)"
)

READING_LAYERS = frozenset(
    {
        *("Lambda", "TFSMLayer", "TorchModuleWrapper", "JaxLayer", "FlaxLayer"),
        *("StringLookup", "IntegerLookup", "TextVectorization"),
    }
)
"""Layers that run code of their own or read other files."""

CONSTANTS = frozenset(
    f"__{name}__"
    for name in ("bytes", "complex", "ellipsis", "keras_tensor", "numpy", "slice", "tensor", "tuple", "typespec")
)
"""Values that Keras 3 writes as objects. Not among them: `__lambda__`."""

HARMLESS_OPERATIONS = re.compile(
    r"^(?:_?_operators__\.\w+|(?:compat\.v1\.)?(?:math|nn|image|linalg|keras\.backend|keras\.activations)\.\w+|"
    r"(?:compat\.v1\.)?(?:abs|add|cast|clip_by_value|concat|constant|convert_to_tensor|depth_to_space|divide|exp|expand_dims|"
    r"floor|gather|identity|maximum|minimum|multiply|ones_like|pad|pow|reshape|reverse|round|shape|sigmoid|slice|"
    r"space_to_depth|split|sqrt|square|squeeze|stack|strided_slice|subtract|tanh|tile|transpose|unstack|where|"
    r"zeros_like|reduce_\w+))$"
)
"""Functions of TensorFlow, as TFOpLambda layers of Keras 2 name them."""

HARMLESS_NODES = re.compile(
    r"^(?:Add|AddV2|AddN|BiasAdd|Cast|ClipByValue|ConcatV2|Exp|ExpandDims|Identity|Maximum|Mean|Minimum|Mul|Neg|Pack|Pad|"
    r"PadV2|RealDiv|Relu|Relu6|Reshape|Resize\w+|Round|Rsqrt|Shape|Sigmoid|Slice|Softmax|Split|Sqrt|Square|Squeeze|"
    r"StridedSlice|Sub|Sum|Tanh|Tile|Transpose|Const)$"
)
"""Nodes of TensorFlow's graph, as TensorFlowOpLayer of Keras 2.0 to 2.3 holds them."""


def refuse_code(config: object) -> None:
    """Look through a model's configuration.

    Raises:
        Refused: it would run code, or read files, that are not part of Keras.
    """
    for node in _objects(config):
        name, module = str(node["class_name"]), node.get("module")
        if not re.fullmatch(r"[\w>]+", name) or (
            name == "function" and not re.fullmatch(r"\w+", str(node.get("config")))
        ):
            raise Refused(f"it names {name[:60]!r}, which is no class of Keras")
        if name in READING_LAYERS or (name.startswith("__") and name not in CONSTANTS):
            raise Refused(f"it has a {name[:60]}, which runs code or reads files that are not part of Keras")
        if name in ("TFOpLambda", "SlicingOpLambda"):
            _refuse_operation(str(_inner(node).get("function")), HARMLESS_OPERATIONS)
        if name == "TensorFlowOpLayer":
            for operation in _operations(_inner(node).get("node_def")):
                _refuse_operation(operation, HARMLESS_NODES)
        if module is None and node.get("registered_name"):
            raise Refused(f"its {name[:60]} is a class of its maker's, whose code is not in the file")
        if module is not None and not _is_harmless(str(module), node):
            raise Refused(f"it names code of its own, {str(module)[:60]}.{name[:60]}, which is not run")


def _objects(config: object) -> Iterator[dict[str, Any]]:
    """Every object described anywhere in a configuration."""
    waiting = [config]
    while waiting:
        node = waiting.pop()
        if isinstance(node, dict):
            if "class_name" in node:
                yield node
            waiting.extend(node.values())
        elif isinstance(node, list):
            waiting.extend(node)


def _refuse_operation(name: str, harmless: re.Pattern[str]) -> None:
    if not harmless.match(name):
        raise Refused(f"it calls TensorFlow's {name[:60]}, which is not one of the functions that only compute")


def _operations(node: object) -> list[str]:
    """The operations a graph node names, stored as an object or as text of either of two kinds."""
    if isinstance(node, dict):
        return [str(node.get("op"))]
    return re.findall(r'"?op"?\s*:\s*"(\w+)"', str(node)) or ["(unreadable)"]


def _inner(node: dict[str, Any]) -> dict[str, Any]:
    inner = node.get("config")
    return inner if isinstance(inner, dict) else {}


def _is_harmless(module: str, node: dict[str, Any]) -> bool:
    """Whether an object of this module is Keras' own and only computes."""
    if module == "builtins":  # a function by its name, which Keras looks up among its own
        return node["class_name"] in ("function", "str", "int", "float", "bool", "dict", "list", "tuple")
    part = KERAS.match(module)
    return part is not None and (part[1] is None or part[1] in HARMLESS_PARTS)
