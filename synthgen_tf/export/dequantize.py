"""TFLite files with weights in 8 bits and arithmetic in float32, which every runtime can run.

The converter's dynamic range quantizes each convolution's input while it runs. XNNPACK of
TensorFlow 2.17 keeps the scales of as many blocks as it saw first, and crashes when the batch
grows. Here a DEQUANTIZE before each convolution, done once at load, takes the weights to float32.
"""

import flatbuffers
from ai_edge_litert import schema_py_generated as schema

IDENTIFIER = b"TFL3"


def with_float_arithmetic(model: bytes) -> bytes:
    """Let a TFLite model take its weights from 8 bits to float32 before it computes with them.

    Every constant in 8 bits gets a DEQUANTIZE of its own.

    Args:
        model: a TFLite file of dynamic range, float32 in and out.

    Returns:
        A TFLite file of the same signatures and of nearly the same size.
    """
    tree = schema.ModelT.InitFromObj(schema.Model.GetRootAs(model, 0))
    code = len(tree.operatorCodes)
    tree.operatorCodes.append(_dequantize_code())
    for graph in tree.subgraphs:
        floats = {
            index: _add_float_tensor(graph, index)
            for index, tensor in enumerate(list(graph.tensors))
            if tensor.type == schema.TensorType.INT8
            and tree.buffers[tensor.buffer].data is not None
        }
        for operator in graph.operators:
            operator.inputs = [floats.get(index, index) for index in operator.inputs]
        graph.operators = [
            *(_dequantize(code, index, out) for index, out in floats.items()),
            *graph.operators,
        ]
    builder = flatbuffers.Builder(len(model))
    builder.Finish(tree.Pack(builder), IDENTIFIER)
    return bytes(builder.Output())


def _add_float_tensor(graph: schema.SubGraphT, index: int) -> int:
    quantized, tensor = graph.tensors[index], schema.TensorT()
    tensor.shape, tensor.type = quantized.shape, schema.TensorType.FLOAT32
    tensor.name = quantized.name + b"_in_float"
    graph.tensors.append(tensor)
    return len(graph.tensors) - 1


def _dequantize_code() -> schema.OperatorCodeT:
    code = schema.OperatorCodeT()
    code.builtinCode = code.deprecatedBuiltinCode = schema.BuiltinOperator.DEQUANTIZE
    code.version = 5  # the first with a scale for each channel
    return code


def _dequantize(code: int, index: int, out: int) -> schema.OperatorT:
    operator = schema.OperatorT()
    operator.opcodeIndex, operator.inputs, operator.outputs = code, [index], [out]
    operator.builtinOptionsType = schema.BuiltinOptions.DequantizeOptions
    operator.builtinOptions = schema.DequantizeOptionsT()
    return operator
