"""python -m dateline_training.export RUN/weights.pt: writes model/network.onnx (int8) and model/labels.json.

The graph is built by hand: one window a run, no padding and so no mask, Q, K and V in one product, the heads on
the first wordpiece of each word only. Weights are int8 with a scale for each output; activations are quantised
at run time, one scale a tensor, so an answer depends on its own window alone.
"""

import argparse
import json
from pathlib import Path

import numpy as np
import onnx
import torch
from onnx import TensorProto, helper, numpy_helper

from . import data, model, windows, words

MODEL = Path(__file__).parents[2] / "model"
MICROSOFT = "com.microsoft"


class Graph:
    """Collects nodes and constants; every method returns the name of the value it adds."""

    def __init__(self, int8: bool, bits: int):
        self.nodes, self.constants, self.int8, self.limit = [], [], int8, 2 ** (bits - 1) - 1

    def constant(self, value: np.ndarray) -> str:
        name = f"c{len(self.constants)}"
        self.constants.append(numpy_helper.from_array(np.ascontiguousarray(value), name))
        return name

    def op(self, kind: str, *inputs: str, outputs: int = 1, domain: str = "", **attributes):
        names = [f"v{len(self.nodes)}_{i}" for i in range(outputs)]
        self.nodes.append(helper.make_node(kind, list(inputs), names, f"{kind}{len(self.nodes)}", domain=domain, **attributes))
        return names[0] if outputs == 1 else names

    def quantised(self, weight: np.ndarray, axis: int) -> tuple[np.ndarray, np.ndarray]:
        scale = np.maximum(np.abs(weight).max(axis, keepdims=True), 1e-8) / self.limit
        return np.round(weight / scale).astype(np.int8), scale.astype(np.float32)

    def linear(self, x: str, weight: np.ndarray, bias: np.ndarray, int8: bool | None = None) -> str:
        """x @ weight + bias; weight [in, out]."""
        if not (self.int8 if int8 is None else int8):
            return self.op("Add", self.op("MatMul", x, self.constant(weight)), self.constant(bias))
        w8, scale = self.quantised(weight, 0)
        x8, x_scale, x_zero = self.op("DynamicQuantizeLinear", x, outputs=3)
        zero = self.constant(np.zeros(w8.shape[1], np.int8))
        product = self.op("MatMulInteger", x8, self.constant(w8), x_zero, zero)
        scales = self.op("Mul", x_scale, self.constant(scale[0]))
        whole = self.op("Mul", self.op("Cast", product, to=TensorProto.FLOAT), scales)
        return self.op("Add", whole, self.constant(bias))

    def rows(self, table: np.ndarray, ids: str) -> str:
        """Rows of an embedding table."""
        if not self.int8:
            return self.op("Gather", self.constant(table), ids)
        t8, scale = self.quantised(table, 1)
        row = self.op("Cast", self.op("Gather", self.constant(t8), ids), to=TensorProto.FLOAT)
        return self.op("Mul", row, self.op("Gather", self.constant(scale), ids))


def build(w: dict[str, np.ndarray], heads: int, int8: bool = True, bits: int = 8) -> onnx.ModelProto:
    """w: the checkpoint of a `minilm` network."""
    g = Graph(int8, bits)
    t = lambda name: w[name].T
    positions = w["encoder.embeddings.position_embeddings.weight"][: windows.LIMIT + 2]
    positions = positions + w["encoder.embeddings.token_type_embeddings.weight"][0]
    x = g.op("Add", g.rows(w["encoder.embeddings.word_embeddings.weight"], "ids"),
             g.op("Gather", g.constant(w["case.weight"]), "features"))
    zero = g.constant(np.array([0]))
    place = g.op("Slice", g.constant(positions), zero, g.op("Shape", "ids"), zero)
    layer_norm = lambda name: (g.constant(w[f"{name}.weight"]), g.constant(w[f"{name}.bias"]))
    x = g.op("LayerNormalization", g.op("Add", x, place), *layer_norm("encoder.embeddings.LayerNorm"), epsilon=1e-12)
    x = g.op("Unsqueeze", x, zero)
    layer = 0
    while f"encoder.encoder.layer.{layer}.output.dense.weight" in w:
        p = f"encoder.encoder.layer.{layer}."
        three = [f"{p}attention.self.{r}" for r in ("query", "key", "value")]
        qkv = g.linear(x, np.concatenate([t(f"{n}.weight") for n in three], 1),
                       np.concatenate([w[f"{n}.bias"] for n in three]))
        q, k, v = g.op("Split", qkv, outputs=3, axis=-1, num_outputs=3)
        y = g.op("MultiHeadAttention", q, k, v, domain=MICROSOFT, num_heads=heads)
        y = g.linear(y, t(f"{p}attention.output.dense.weight"), w[f"{p}attention.output.dense.bias"])
        x = g.op("LayerNormalization", g.op("Add", y, x), *layer_norm(f"{p}attention.output.LayerNorm"), epsilon=1e-12)
        y = g.linear(x, t(f"{p}intermediate.dense.weight"), w[f"{p}intermediate.dense.bias"])
        y = g.linear(g.op("Gelu", y), t(f"{p}output.dense.weight"), w[f"{p}output.dense.bias"])
        x = g.op("LayerNormalization", g.op("Add", y, x), *layer_norm(f"{p}output.LayerNorm"), epsilon=1e-12)
        layer += 1
    x = g.op("Gather", g.op("Squeeze", x, zero), "word_starts")
    outputs = {}
    for head, size in (("entity", len(data.ENTITY_TAGS)), ("quote", len(data.QUOTE_TAGS)),
                       ("link", model.LINK * len(model.VECTORS))):
        outputs[g.linear(x, t(f"{head}.weight"), w[f"{head}.bias"], int8=False)] = (head, size)
    for value, (head, _) in outputs.items():
        g.nodes.append(helper.make_node("Identity", [value], [head]))
    graph = helper.make_graph(
        g.nodes, "dateline",
        [helper.make_tensor_value_info(n, TensorProto.INT32, [s])
         for n, s in (("ids", "pieces"), ("features", "pieces"), ("word_starts", "words"))],
        [helper.make_tensor_value_info(h, TensorProto.FLOAT, ["words", s]) for h, s in outputs.values()],
        g.constants,
    )
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 20), helper.make_opsetid(MICROSOFT, 1)],
                             ir_version=10, producer_name="dateline")


def labels(net: model.Network, name: str, version: str) -> dict:
    round_ = lambda x: [[round(v, 4) for v in row] for row in x.tolist()]
    return {
        "name": name,
        "version": version,
        "window": {"limit": windows.LIMIT, "context": windows.CONTEXT, "longest_sentence": windows.LONGEST_SENTENCE},
        "features": words.FEATURES,
        "entity_tags": data.ENTITY_TAGS,
        "entity_transitions": round_(net.entity_crf.matrix()),
        "quote_tags": data.QUOTE_TAGS,
        "quote_transitions": round_(net.quote_crf.matrix()),
        "link_length": model.LINK,
        "link_vectors": list(model.VECTORS),
        "link_null": round_(net.null),
    }


def main() -> None:
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("checkpoint", type=Path)
    p.add_argument("--weights", type=Path, required=True, help="folder of the pretrained encoder (for its config)")
    p.add_argument("--version", default="1")
    p.add_argument("--bits", type=int, default=8)
    p.add_argument("--fp32", type=Path, help="also write the unquantised graph here")
    p.add_argument("--out", type=Path, default=MODEL)
    a = p.parse_args()
    net = model.minilm(a.weights)
    checkpoint = torch.load(a.checkpoint)
    layers = {k.split(".")[3] for k in checkpoint if k.startswith("encoder.encoder.layer.")}
    net = model.minilm(a.weights, len(layers))
    net.load_state_dict(checkpoint)
    weights = {k: v.float().numpy() for k, v in net.state_dict().items()}
    heads = net.encoder.config.num_attention_heads
    onnx.save(build(weights, heads, bits=a.bits), a.out / "network.onnx")
    if a.fp32:
        onnx.save(build(weights, heads, int8=False), a.fp32)
    (a.out / "labels.json").write_text(json.dumps(labels(net, "dateline-minilm", a.version), indent=1) + "\n")


if __name__ == "__main__":
    main()
