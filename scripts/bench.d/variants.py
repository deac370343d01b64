#!/usr/bin/env python3
"""Makes, of an int4 export, what other exporters leave: no accuracy level, a head of 32 bits, logits for every token.

What changes is the graph and the head; all other weights are shared with the export, by hard links.
"""

import argparse
import os
import pathlib
import shutil

import numpy
import onnx
from onnx import helper


def without_level(model):
    for node in model.graph.node:
        for attribute in [one for one in node.attribute if node.op_type == "MatMulNBits" and one.name == "accuracy_level"]:
            node.attribute.remove(attribute)


def _external(tensor, folder, kind):
    """Reads a weight; the library of ONNX refuses a file that has two names, as ours has."""
    place = {entry.key: entry.value for entry in tensor.external_data}
    count = int(place["length"]) // numpy.dtype(kind).itemsize
    return numpy.fromfile(folder / place["location"], kind, count, offset=int(place.get("offset", 0)))


def wide_head(model, folder):
    """Unfolds the head to floats: the same numbers, so that both graphs say the same."""
    head = next(node for node in model.graph.node if "logits" in node.output)
    number = {attribute.name: attribute.i for attribute in head.attribute}
    stored = {tensor.name: tensor for tensor in model.graph.initializer}
    steps, scales = (_external(stored[name], folder, kind) for name, kind in zip(head.input[1:3], (numpy.uint8, numpy.float32)))
    rows, block = number["N"], number["block_size"]
    assert number["bits"] == 4 and len(head.input) == 3, "a symmetric head of four bits is expected"
    steps = steps.reshape(rows, -1)
    both = numpy.stack([steps & 15, steps >> 4], axis=-1).reshape(rows, -1).astype(numpy.float32) - 8
    weight = (both.reshape(rows, -1, block) * scales.reshape(rows, -1, 1)).reshape(rows, -1)[:, : number["K"]]
    (folder / "head.data").write_bytes(numpy.ascontiguousarray(weight.T).tobytes())
    tensor = onnx.TensorProto(name="head.weight", data_type=onnx.TensorProto.FLOAT, dims=[number["K"], rows])
    tensor.data_location = onnx.TensorProto.EXTERNAL
    for key, value in [("location", "head.data"), ("offset", "0"), ("length", str(weight.nbytes))]:
        tensor.external_data.add(key=key, value=value)
    model.graph.initializer.append(tensor)
    place = list(model.graph.node).index(head)
    model.graph.node.remove(head)
    model.graph.node.insert(place, helper.make_node("MatMul", [head.input[0], "head.weight"], ["logits"], name="head/MatMul"))


def every_logit(model):
    """Takes out what leaves the head the last token only."""
    head = next(node for node in model.graph.node if "logits" in node.output)
    makers = {output: node for node in model.graph.node for output in node.output}
    while makers[head.input[0]].op_type in ("Unsqueeze", "Gather"):
        one = makers[head.input[0]]
        head.input[0] = one.input[0]
        model.graph.node.remove(one)
    tokens = next(output for output in model.graph.output if output.name == "logits").type.tensor_type.shape.dim[1]
    tokens.Clear()
    tokens.dim_param = "sequence_length"


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("export", type=pathlib.Path)
    parser.add_argument("folder", type=pathlib.Path)
    parser.add_argument("--keep-level", action="store_true")
    parser.add_argument("--wide-head", action="store_true")
    parser.add_argument("--every-logit", action="store_true")
    options = parser.parse_args()
    options.folder.mkdir(parents=True)
    for path in options.export.iterdir():
        if path.name != "model.onnx":
            os.link(path, options.folder / path.name) if path.suffix == ".data" else shutil.copy(path, options.folder)
    model = onnx.load(str(options.export / "model.onnx"), load_external_data=False)
    if not options.keep_level:
        without_level(model)
    if options.every_logit:
        every_logit(model)
    if options.wide_head:
        wide_head(model, options.folder)
    onnx.save(model, str(options.folder / "model.onnx"))


if __name__ == "__main__":
    main()
