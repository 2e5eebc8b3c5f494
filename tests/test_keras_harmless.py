"""No code that a Keras file holds is run: what would run it is refused, or built anew."""

from __future__ import annotations

import base64
import json
import marshal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.keras.worker.harmless import refuse_code
from gateway.keras.worker.lambdas import CHANNEL, RESIZE, rebuild_lambdas
from gateway.keras.worker.refusal import Refused

Node = dict[str, Any]


def model(*layers: Node) -> Node:
    return {"class_name": "Functional", "config": {"name": "model", "layers": list(layers)}}


def dense(**changed: Any) -> Node:
    return {"class_name": "Dense", "config": {"units": 1, "activation": "relu"}, **changed}


def lambda_layer(function: Any, *, name: str = "squeeze") -> Node:
    return {"class_name": "Lambda", "name": name, "config": {"name": name, "dtype": "float32", "function": function}}


def stored(code: bytes, closure: list[Any] | None = None) -> list[Any]:
    return [base64.b64encode(code).decode(), None, closure]


@pytest.mark.parametrize(
    "node",
    [
        dense(),
        dense(module="keras.layers", registered_name=None),
        dense(module="keras.src.layers.core.dense"),
        dense(module="tf_keras.src.layers.core.dense"),
        dense(module="tensorflow.python.keras.layers.core"),
        {"class_name": "Functional", "module": "keras.src.engine.functional", "config": {}},
        {"class_name": "function", "module": "builtins", "config": "relu6", "registered_name": "function"},
        {"class_name": "__tuple__", "items": [1, 2]},
        {"class_name": "TFOpLambda", "config": {"function": "math.subtract"}},
        {"class_name": "TensorFlowOpLayer", "config": {"node_def": '{"name": "a", "op": "AddV2"}'}},
        {"class_name": "TensorFlowOpLayer", "config": {"node_def": 'name: "a"\nop: "RealDiv"\n'}},
    ],
)
def test_what_only_computes_is_let_through(node: Node) -> None:
    refuse_code(model(node))


@pytest.mark.parametrize(
    ("node", "named"),
    [
        (dense(module="os"), "os.Dense"),
        ({"class_name": "function", "module": "os", "config": "system"}, "os"),
        ({"class_name": "system", "module": "posix"}, "posix"),
        ({"class_name": "function", "module": "keras.utils", "config": "get_file"}, "keras.utils"),
        ({"class_name": "get_file", "module": "keras.src.utils.file_utils"}, "keras.src.utils"),
        ({"class_name": "utils.get_file", "module": "keras"}, "utils.get_file"),
        ({"class_name": "function", "module": "builtins", "config": "utils.get_file"}, "function"),
        ({"class_name": "eval", "module": "builtins"}, "builtins"),
        ({"class_name": "Dense", "module": "kerassomething.layers"}, "kerassomething"),
        ({"class_name": "__lambda__", "config": {"code": ""}}, "__lambda__"),
        ({"class_name": "Lambda", "config": {"function": "system", "module": "os"}}, "Lambda"),
        ({"class_name": "TorchModuleWrapper", "module": "keras.layers"}, "TorchModuleWrapper"),
        ({"class_name": "TFSMLayer", "config": {"filepath": "/etc"}}, "TFSMLayer"),
        ({"class_name": "TFOpLambda", "config": {"function": "io.write_file"}}, "io.write_file"),
        ({"class_name": "TFOpLambda", "config": {"function": "raw_ops.WriteFile"}}, "raw_ops.WriteFile"),
        ({"class_name": "TFOpLambda"}, "None"),
        ({"class_name": "TensorFlowOpLayer", "config": {"node_def": {"op": "WriteFile"}}}, "WriteFile"),
        ({"class_name": "TensorFlowOpLayer", "config": {"node_def": 'op: "ReadFile"'}}, "ReadFile"),
        ({"class_name": "TensorFlowOpLayer", "config": {}}, "unreadable"),
    ],
)
def test_what_could_run_code_or_reach_files_is_refused_by_name(node: Node, named: str) -> None:
    deep = model(dense(config={"units": 1, "kernel_initializer": {"class_name": "Zeros", "config": {"a": [[node]]}}}))
    with pytest.raises(Refused, match=named.replace(".", r"\.")):
        refuse_code(deep)


def test_a_lambda_is_not_run_but_refused_by_its_layers_name() -> None:
    calls = compile("__import__('os').system('true')", "x", "eval")
    config = model(dense(), lambda_layer(stored(marshal.dumps(calls))))
    with pytest.raises(Refused, match="'squeeze' is a Lambda"):
        rebuild_lambdas(config)


@pytest.mark.parametrize(
    "function", [None, "system", [], ["", None], ["%%", None, None], {"class_name": "__lambda__"}, 7]
)
def test_a_damaged_lambda_is_refused_too(function: Any) -> None:
    with pytest.raises(Refused, match="Lambda"):
        rebuild_lambdas(model(lambda_layer(function)))


def code_of(text: str) -> bytes:
    """A lambda's bytecode, as this Python marshals it."""
    names: dict[str, Any] = {}
    exec(text, names)
    return marshal.dumps(names["made"].__code__)


def test_portrait_segmentations_resizing_is_built_anew() -> None:
    code = code_of("def outer(rsize):\n    return lambda x: bilinear_resize(x, rsize)\nmade = outer(32)")
    config = model(lambda_layer(stored(code, [32]), name="lambda_1"))
    rebuild_lambdas(config)
    (layer,) = config["config"]["layers"]
    assert layer["class_name"] == RESIZE
    assert layer["config"] == {"name": "lambda_1", "dtype": "float32", "size": [32, 32]}


def test_keras_segmentations_resizing_is_built_anew_from_either_format() -> None:
    code = code_of(
        "def outer(s, data_format):\n"
        "    return lambda x: K.resize_images(x, height_factor=s[0], width_factor=s[1], data_format=data_format,\n"
        "                                     interpolation='bilinear')\n"
        "made = outer((2, 2), 'channels_last')"
    )
    closure = ["channels_last", [2, 2]]
    newer = {"class_name": "__lambda__", "config": {"code": base64.b64encode(code).decode(), "closure": closure}}
    for function in (stored(code, closure), newer):
        config = model(lambda_layer(function))
        rebuild_lambdas(config)
        assert config["config"]["layers"][0]["config"]["factor"] == [2, 2]


def test_a_slice_of_the_foreground_is_built_anew_from_the_bytecode_of_an_older_python() -> None:
    # slim_reshape_v2.h5 of anilsathyan7/Portrait-Segmentation (MIT), written by Python 3.6.
    code = base64.b64decode(
        "4wEAAAAAAAAAAQAAAAgAAABDAAAAcygAAAB0AGoBfABkAWQBZAFkAmcEZAJkA2QDZARnBGQCZAJkAmQCZwSDBFMAKQVO6QAAAADpAQAAAOkAAg"
        "AA6QIAAAApAtoCdGbaDXN0cmlkZWRfc2xpY2UpAdoBeKkAcggAAAD6HjxpcHl0aG9uLWlucHV0LTItMmEyMGMwYzQ4OTkwPtoQc2xpY2VfZm9y"
        "ZWdyb3VuZA0AAABzAgAAAAAB"
    )
    config = model(lambda_layer(stored(code, None), name="strided_slice"))
    rebuild_lambdas(config)
    assert config["config"]["layers"][0]["class_name"] == CHANNEL
    assert config["config"]["layers"][0]["config"]["index"] == 1


def test_the_same_name_with_other_numbers_is_no_known_lambda() -> None:
    code = code_of("made = lambda x: bilinear_resize(x, 1, 2)")
    for closure in (None, [], [1, 2], ["32"]):
        with pytest.raises(Refused):
            rebuild_lambdas(model(lambda_layer(stored(code, closure))))


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=9),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(["class_name", "config", "module", "function", "node_def", "a"]), inner, max_size=4
        )
    ),
    max_leaves=20,
)


@given(JSON)
def test_any_configuration_is_looked_through_or_refused(config: Any) -> None:
    document = json.loads(json.dumps(config))
    try:
        rebuild_lambdas(document)
        refuse_code(document)
    except Refused as refused:
        assert "\n" not in str(refused) or "\\n" in str(refused)


@given(st.binary(max_size=200))
def test_any_bytes_for_a_lambda_are_refused(code: bytes) -> None:
    with pytest.raises(Refused):
        rebuild_lambdas(model(lambda_layer(stored(code, [[2, 2]]))))
