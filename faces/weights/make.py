"""Makes yunet-n.bin of this folder: python make.py [yunet_n_320_320.onnx] (needs numpy and onnx).

Without a path the file is downloaded. The weights of each output channel become int8 with one step per channel:
largest magnitude / 127. What finds the five points of a face (eyes, nose, corners of the mouth) is left out.

The file is a list of layers without headers; src/network.rs knows their shapes. A layer with I inputs and O outputs:

    steps    f32[O], little-endian
    weights  i8[I][O]
    biases   f32[O], little-endian

A separable layer is two of them: the pointwise one, then the 3 x 3 depthwise one as a layer with 9 inputs, rows first.
"""

import hashlib
import sys
import urllib.request
from pathlib import Path

import numpy as np
import onnx
from onnx import numpy_helper

HERE = Path(__file__).parent
SOURCE = "https://github.com/ShiqiYu/libfacedetection.train/raw/master/onnx/yunet_n_320_320.onnx"
SHA256 = "81dbde155e982455488235acb8ec2dec5d647edf7cf7080d33e4abb69b93a0d2"


def original(path):
    """The bytes of the published file."""
    data = Path(path).read_bytes() if path else urllib.request.urlopen(SOURCE).read()
    if hashlib.sha256(data).hexdigest() != SHA256:
        sys.exit("this is not the published yunet_n_320_320.onnx")
    return data


def convolutions(model):
    """Weights [O][...] and biases of the convolutions, in the order of the graph, which is that of the pass."""
    values = {tensor.name: numpy_helper.to_array(tensor) for tensor in model.graph.initializer}
    return {
        node.input[1]: (values[node.input[1]], values[node.input[2]])
        for node in model.graph.node
        if node.op_type == "Conv"
    }


def named(found, name):
    """The pointwise layer of this name, and the depthwise one that follows it."""
    names = list(found)
    at = names.index(name + ".conv1.weight")
    return [found[names[at]], found[names[at + 1]]]


def first(layer):
    """The 3 x 3 convolution of the picture: from [O][BGR][3][3] to inputs in rows of pixels, RGB."""
    weights, biases = layer
    return weights[:, ::-1].transpose(0, 2, 3, 1).reshape(len(weights), -1), biases


def together(layers):
    """Several layers of the same inputs as one, filled up to eight outputs with zeros."""
    weights = np.concatenate([weights.reshape(len(weights), -1) for weights, _ in layers])
    biases = np.concatenate([biases for _, biases in layers])
    missing = 8 - len(biases)
    return np.pad(weights, ((0, missing), (0, 0))), np.pad(biases, (0, missing))


def packed(layer):
    """A layer as the file has it."""
    weights, biases = layer
    weights = weights.reshape(len(weights), -1)
    steps = np.abs(weights).max(axis=1) / np.float32(127)
    steps[steps == 0] = 1
    levels = np.round(weights / steps[:, None]).astype("i1")
    return steps.astype("<f4").tobytes() + levels.T.tobytes() + biases.astype("<f4").tobytes()


def main():
    path = sys.argv[1] if len(sys.argv) > 1 else None
    found = convolutions(onnx.load_from_string(original(path)))
    layers = [first(next(iter(found.values())))]
    layers += named(found, "backbone.model0.conv2")
    for stage in range(1, 6):
        for half in (1, 2):
            layers += named(found, f"backbone.model{stage}.conv{half}")
    # From coarse to fine: 32, 16 and 8 pixels to a cell.
    for level in (2, 1, 0):
        layers += named(found, f"neck.lateral_convs.{level}")
    for level in (2, 1, 0):
        layers += named(found, f"bbox_head.multi_level_share_convs.{level}.0")
        heads = [named(found, f"bbox_head.multi_level_{kind}.{level}") for kind in ("cls", "obj", "bbox")]
        layers += [together([head[half] for head in heads]) for half in (0, 1)]
    data = b"".join(packed(layer) for layer in layers)
    (HERE / "yunet-n.bin").write_bytes(data)
    print(len(layers), "layers,", len(data), "bytes")


main()
