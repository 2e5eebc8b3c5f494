"""TFLite segmentation models drawn by hand: each pixel's category is told by its colour, in numbers one can check."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping

import flatbuffers  # type: ignore[import-untyped]
import numpy as np
from ai_edge_litert import schema_py_generated as schema  # type: ignore[import-untyped]
from mediapipe.tasks.metadata import (  # type: ignore[import-untyped]
    image_segmenter_metadata_schema_py_generated as segmenter_schema,
)
from mediapipe.tasks.metadata import metadata_schema_py_generated as metadata_schema

Weights = tuple[float, float, float, float]
"""What a category's score is made of: its shares of red, green and blue, each 0..1, and a constant."""


def drawn_tflite(
    categories: Mapping[str, Weights], *, width: int = 16, height: int = 12, labelled: bool = True, softmax: bool = True
) -> bytes:
    """A model of one convolution, 1x1: each pixel's scores. `softmax`: its reader makes chances of them.

    It takes float32 RGB in 0..1 and says so; the labels lie in a zip archive behind it, as MediaPipe wants them.
    """
    model = _network(categories, width, height)
    _attach(model, _metadata(softmax=softmax, labelled=labelled))
    builder = flatbuffers.Builder(4096)
    builder.Finish(model.Pack(builder), b"TFL3")
    return bytes(builder.Output()) + (_labels(categories) if labelled else b"")


def _network(categories: Mapping[str, Weights], width: int, height: int) -> schema.ModelT:
    count, table = len(categories), np.array(list(categories.values()), np.float32)
    model = schema.ModelT()
    model.version = 3
    model.buffers = [_buffer(b""), _buffer(table[:, :3].tobytes()), _buffer(table[:, 3].tobytes())]
    graph = schema.SubGraphT()
    graph.tensors = [
        _tensor("image", (1, height, width, 3), 0),
        _tensor("weights", (count, 1, 1, 3), 1),
        _tensor("constants", (count,), 2),
        _tensor("scores", (1, height, width, count), 0),
    ]
    graph.inputs, graph.outputs, graph.operators = [0], [3], [_convolution()]
    model.subgraphs = [graph]
    code = schema.OperatorCodeT()
    code.builtinCode = code.deprecatedBuiltinCode = schema.BuiltinOperator.CONV_2D
    code.version = 1
    model.operatorCodes = [code]
    return model


def _convolution() -> schema.OperatorT:
    options = schema.Conv2DOptionsT()
    options.padding, options.strideW, options.strideH = schema.Padding.VALID, 1, 1
    options.dilationWFactor = options.dilationHFactor = 1
    operator = schema.OperatorT()
    operator.opcodeIndex, operator.inputs, operator.outputs = 0, [0, 1, 2], [3]
    operator.builtinOptionsType, operator.builtinOptions = schema.BuiltinOptions.Conv2DOptions, options
    return operator


def _tensor(name: str, shape: tuple[int, ...], buffer: int) -> schema.TensorT:
    tensor = schema.TensorT()
    tensor.name, tensor.shape, tensor.buffer, tensor.type = name, list(shape), buffer, schema.TensorType.FLOAT32
    return tensor


def _buffer(data: bytes) -> schema.BufferT:
    buffer = schema.BufferT()
    buffer.data = np.frombuffer(data, np.uint8) if data else None
    return buffer


def _attach(model: schema.ModelT, metadata: bytes) -> None:
    entry = schema.MetadataT()
    entry.name, entry.buffer = "TFLITE_METADATA", len(model.buffers)
    model.metadata = [entry]
    model.buffers.append(_buffer(metadata))


def _metadata(*, softmax: bool, labelled: bool) -> bytes:
    """What MediaPipe's own writer says of a segmenter (mediapipe/tasks/python/metadata/metadata_writers)."""
    subgraph = metadata_schema.SubGraphMetadataT()
    subgraph.inputTensorMetadata = [_input()]
    subgraph.outputTensorMetadata = [_output(labelled=labelled)]
    subgraph.customMetadata = [_activation(softmax=softmax)]
    metadata = metadata_schema.ModelMetadataT()
    metadata.name, metadata.minParserVersion, metadata.subgraphMetadata = "ImageSegmenter", "1.5.0", [subgraph]
    return _packed(metadata, b"M001")


def _input() -> metadata_schema.TensorMetadataT:
    properties = metadata_schema.ImagePropertiesT()
    properties.colorSpace = metadata_schema.ColorSpaceType.RGB
    normalization = metadata_schema.NormalizationOptionsT()
    normalization.mean, normalization.std = [0.0], [255.0]
    unit = metadata_schema.ProcessUnitT()
    unit.optionsType = metadata_schema.ProcessUnitOptions.NormalizationOptions
    unit.options = normalization
    image = _image("image", properties)
    image.processUnits = [unit]
    return image


def _output(*, labelled: bool) -> metadata_schema.TensorMetadataT:
    properties = metadata_schema.ImagePropertiesT()
    properties.colorSpace = metadata_schema.ColorSpaceType.GRAYSCALE
    masks = _image("segmentation_masks", properties)
    if labelled:
        labels = metadata_schema.AssociatedFileT()
        labels.name, labels.type = "labels.txt", metadata_schema.AssociatedFileType.TENSOR_AXIS_LABELS
        masks.associatedFiles = [labels]
    return masks


def _image(name: str, properties: metadata_schema.ImagePropertiesT) -> metadata_schema.TensorMetadataT:
    content = metadata_schema.ContentT()
    content.contentPropertiesType = metadata_schema.ContentProperties.ImageProperties
    content.contentProperties = properties
    tensor = metadata_schema.TensorMetadataT()
    tensor.name, tensor.content = name, content
    return tensor


def _activation(*, softmax: bool) -> metadata_schema.CustomMetadataT:
    options = segmenter_schema.ImageSegmenterOptionsT()
    options.activation = segmenter_schema.Activation.SOFTMAX if softmax else segmenter_schema.Activation.NONE
    custom = metadata_schema.CustomMetadataT()
    custom.name, custom.data = "SEGMENTER_METADATA", np.frombuffer(_packed(options, b"V001"), np.uint8)
    return custom


def _packed(table: object, identifier: bytes) -> bytes:
    builder = flatbuffers.Builder(1024)
    builder.Finish(table.Pack(builder), identifier)  # type: ignore[attr-defined]
    return bytes(builder.Output())


def _labels(categories: Mapping[str, Weights]) -> bytes:
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as file:
        file.writestr("labels.txt", "\n".join(categories))
    return archive.getvalue()
