#!/usr/bin/env python3
"""Writes a BERT encoder, as sentence-transformers keeps it, as the ONNX folder that LadyLinux loads.

    encoder_to_onnx.py FOLDER OUT [--int8]

FOLDER holds config.json, model.safetensors and tokenizer.json, and what sentence-transformers adds (modules.json,
1_Pooling, sentence_bert_config.json). OUT gets onnx/model.onnx and copies of the small files; it appears whole or not at
all. Needs the packages of requirements.txt; with --int8, which adds onnx/model_quantized.onnx, onnxruntime as well.

The graph is that of "BERT: Pre-training of Deep Bidirectional Transformers" (Devlin et al., 2018) as transformers computes
it: post-norm layers, learned absolute positions, GELU by the error function.
"""

import argparse
import json
import math
import pathlib
import shutil
import sys

import numpy
import onnx
from onnx import TensorProto, helper, numpy_helper
from safetensors.numpy import load_file

SMALL_FILES = (
    "config.json",
    "tokenizer.json",
    "tokenizer_config.json",
    "special_tokens_map.json",
    "vocab.txt",
    "modules.json",
    "sentence_bert_config.json",
    "config_sentence_transformers.json",
    "1_Pooling/config.json",
)

# What no attention goes to: the lowest number there is, as transformers has it.
NOT_SEEN = float(numpy.finfo(numpy.float32).min)


class Refused(Exception):
    """Something about the model that this script does not write."""


class Graph:
    """Nodes and weights, named as they come."""

    def __init__(self, weights):
        self.weights = weights
        self.nodes = []
        self.initializers = {}

    def constant(self, name, value):
        if name not in self.initializers:
            self.initializers[name] = numpy_helper.from_array(value, name)
        return name

    def numbers(self, *values):
        return self.constant("i64:" + ",".join(map(str, values)), numpy.array(values, numpy.int64))

    def number(self, value):
        return self.constant(f"f32:{value}", numpy.array(value, numpy.float32))

    def weight(self, name, transposed=False):
        value = self.weights.get(name)
        if value is None:
            raise Refused(f"the weights have no {name}")
        value = value.astype(numpy.float32)
        return self.constant(name, numpy.ascontiguousarray(value.T) if transposed else value)

    def add(self, kind, *inputs, **attributes):
        output = f"{kind}_{len(self.nodes)}"
        self.nodes.append(helper.make_node(kind, inputs, [output], name=output, **attributes))
        return output

    def linear(self, name, value):
        product = self.add("MatMul", value, self.weight(f"{name}.weight", transposed=True))
        return self.add("Add", product, self.weight(f"{name}.bias"))

    def norm(self, name, value, epsilon):
        scale, bias = self.weight(f"{name}.weight"), self.weight(f"{name}.bias")
        return self.add("LayerNormalization", value, scale, bias, axis=-1, epsilon=epsilon)

    def gelu(self, value):
        scaled = self.add("Div", value, self.number(math.sqrt(2.0)))
        above = self.add("Add", self.add("Erf", scaled), self.number(1.0))
        return self.add("Mul", self.add("Mul", value, above), self.number(0.5))


def attention(graph, layer, value, mask, heads, size):
    def split(part, order):
        whole = graph.linear(f"{layer}.attention.self.{part}", value)
        apart = graph.add("Reshape", whole, graph.numbers(0, 0, heads, size))
        return graph.add("Transpose", apart, perm=order)

    query, key = split("query", [0, 2, 1, 3]), split("key", [0, 2, 3, 1])
    scores = graph.add("Div", graph.add("MatMul", query, key), graph.number(math.sqrt(size)))
    shares = graph.add("Softmax", graph.add("Add", scores, mask), axis=-1)
    mixed = graph.add("MatMul", shares, split("value", [0, 2, 1, 3]))
    joined = graph.add("Transpose", mixed, perm=[0, 2, 1, 3])
    whole = graph.add("Reshape", joined, graph.numbers(0, 0, heads * size))
    return graph.linear(f"{layer}.attention.output.dense", whole)


def build(config, weights):
    """Returns the model as an ONNX graph."""
    expected = {"model_type": "bert", "hidden_act": "gelu", "position_embedding_type": "absolute"}
    for name, value in expected.items():
        if config.get(name, value) != value:
            raise Refused(f"config.json says {name} {config[name]!r}; only {value!r} is written here")
    prefix = "bert." if "bert.embeddings.word_embeddings.weight" in weights else ""
    graph = Graph({name.removeprefix(prefix): value for name, value in weights.items()})
    hidden, heads = config["hidden_size"], config["num_attention_heads"]
    epsilon = config.get("layer_norm_eps", 1e-12)

    length = graph.add("Gather", graph.add("Shape", "input_ids"), graph.numbers(1), axis=0)
    length = graph.add("Squeeze", length, graph.numbers(0))
    zero = graph.constant("zero", numpy.array(0, numpy.int64))
    one = graph.constant("one", numpy.array(1, numpy.int64))
    positions = graph.add("Range", zero, length, one)
    value = graph.add("Gather", graph.weight("embeddings.word_embeddings.weight"), "input_ids")
    kinds = graph.add("Gather", graph.weight("embeddings.token_type_embeddings.weight"), "token_type_ids")
    places = graph.add("Gather", graph.weight("embeddings.position_embeddings.weight"), positions)
    value = graph.add("Add", graph.add("Add", value, kinds), places)
    value = graph.norm("embeddings.LayerNorm", value, epsilon)

    seen = graph.add("Cast", "attention_mask", to=TensorProto.FLOAT)
    hidden_from = graph.add("Sub", graph.number(1.0), seen)
    mask = graph.add("Mul", hidden_from, graph.number(NOT_SEEN))
    mask = graph.add("Unsqueeze", mask, graph.numbers(1, 2))

    for number in range(config["num_hidden_layers"]):
        layer = f"encoder.layer.{number}"
        attended = attention(graph, layer, value, mask, heads, hidden // heads)
        value = graph.norm(f"{layer}.attention.output.LayerNorm", graph.add("Add", attended, value), epsilon)
        wide = graph.gelu(graph.linear(f"{layer}.intermediate.dense", value))
        narrow = graph.linear(f"{layer}.output.dense", wide)
        value = graph.norm(f"{layer}.output.LayerNorm", graph.add("Add", narrow, value), epsilon)
    graph.nodes.append(helper.make_node("Identity", [value], ["last_hidden_state"], name="output"))

    def port(name, kind, *shape):
        return helper.make_tensor_value_info(name, kind, shape)

    names = ("input_ids", "attention_mask", "token_type_ids")
    made = helper.make_graph(
        graph.nodes,
        "encoder",
        [port(name, TensorProto.INT64, "batch", "tokens") for name in names],
        [port("last_hidden_state", TensorProto.FLOAT, "batch", "tokens", hidden)],
        list(graph.initializers.values()),
    )
    model = helper.make_model(made, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    onnx.checker.check_model(model)
    return model


def quantize(graph, out):
    try:
        from onnxruntime.quantization import QuantType, quantize_dynamic
    except ImportError as error:
        raise Refused(f"--int8 needs the package onnxruntime ({error})") from error
    quantize_dynamic(
        graph, out, per_channel=True, reduce_range=False, weight_type=QuantType.QInt8, op_types_to_quantize=["MatMul"]
    )


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=pathlib.Path)
    parser.add_argument("out", type=pathlib.Path)
    parser.add_argument("--int8", action="store_true", help="write onnx/model_quantized.onnx as well")
    arguments = parser.parse_args()
    if arguments.out.exists():
        # Whatever it is, it is not ours to delete.
        sys.exit(f"encoder_to_onnx.py: {arguments.out} exists already: name a folder that does not, or remove it first")
    try:
        config = json.loads((arguments.folder / "config.json").read_text())
        weights = load_file(arguments.folder / "model.safetensors")
        model = build(config, weights)
        partial = arguments.out.with_name(arguments.out.name + ".partial")
        shutil.rmtree(partial, ignore_errors=True)
        (partial / "onnx").mkdir(parents=True)
        onnx.save(model, partial / "onnx/model.onnx")
        if arguments.int8:
            quantize(partial / "onnx/model.onnx", partial / "onnx/model_quantized.onnx")
        for name in SMALL_FILES:
            if (arguments.folder / name).is_file():
                (partial / name).parent.mkdir(exist_ok=True)
                shutil.copyfile(arguments.folder / name, partial / name)
        partial.rename(arguments.out)
    except (Refused, OSError, ValueError, KeyError) as error:
        sys.exit(f"encoder_to_onnx.py: {arguments.folder} was not written: {error}")


if __name__ == "__main__":
    main()
