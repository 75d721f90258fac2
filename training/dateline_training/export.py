"""python -m dateline_training.export RUN/weights.pt: writes model/network.safetensors (int8) and model/labels.json.

Weights of the linear layers are int8 with a scale for each output, embeddings with one for each row; [in, out] as the binary multiplies
them. Q, K and V are one product.
"""

import argparse
import json
from pathlib import Path

import numpy as np
import torch
from safetensors.numpy import save_file

from . import data, model, windows, words

MODEL = Path(__file__).parents[2] / "model"


def quantised(weight: np.ndarray, axis: int, bits: int) -> tuple[np.ndarray, np.ndarray]:
    """int8 values and their scales, which hold along the axis."""
    scale = np.maximum(np.abs(weight).max(axis), 1e-8) / (2 ** (bits - 1) - 1)
    return np.round(weight / np.expand_dims(scale, axis)).astype(np.int8), scale.astype(np.float32)


def tensors(w: dict[str, np.ndarray], layers: int, bits: int) -> dict[str, np.ndarray]:
    """w: the checkpoint of a `minilm` network."""
    out = {}

    def linear(name: str, *parts: str) -> None:
        weight = np.concatenate([w[f"{p}.weight"].T for p in parts], 1)
        out[name], out[f"{name}.scale"] = quantised(weight, 0, bits)
        out[f"{name}.bias"] = np.concatenate([w[f"{p}.bias"] for p in parts])

    def norm(name: str, part: str) -> None:
        out[f"{name}.weight"], out[f"{name}.bias"] = w[f"{part}.weight"], w[f"{part}.bias"]

    e = "encoder.embeddings."
    out["words"], out["words.scale"] = quantised(w[e + "word_embeddings.weight"], 1, 8)
    out["positions"] = w[e + "position_embeddings.weight"][: windows.LIMIT + 2] + w[e + "token_type_embeddings.weight"][0]
    out["case"] = w["case.weight"]
    norm("embeddings.norm", e + "LayerNorm")
    for i in range(layers):
        p = f"encoder.encoder.layer.{i}."
        linear(f"layer.{i}.qkv", *(f"{p}attention.self.{r}" for r in ("query", "key", "value")))
        linear(f"layer.{i}.attended", p + "attention.output.dense")
        norm(f"layer.{i}.attended.norm", p + "attention.output.LayerNorm")
        linear(f"layer.{i}.up", p + "intermediate.dense")
        linear(f"layer.{i}.down", p + "output.dense")
        norm(f"layer.{i}.norm", p + "output.LayerNorm")
    for head in ("entity", "quote", "link"):
        out[head], out[f"{head}.bias"] = w[f"{head}.weight"].T, w[f"{head}.bias"]
    return {name: np.ascontiguousarray(value) for name, value in out.items()}


def labels(net: model.Network, name: str, version: str) -> dict:
    round_ = lambda x: [[round(v, 4) for v in row] for row in x.tolist()]
    return {
        "name": name,
        "version": version,
        "window": {"limit": windows.READ, "context": windows.CONTEXT, "longest_sentence": windows.LONGEST_SENTENCE},
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
    p.add_argument("--bits", type=int, default=8, help="of the linear layers")
    p.add_argument("--out", type=Path, default=MODEL)
    a = p.parse_args()
    checkpoint = torch.load(a.checkpoint)
    layers = len({k.split(".")[3] for k in checkpoint if k.startswith("encoder.encoder.layer.")})
    net = model.minilm(a.weights, layers)
    net.load_state_dict(checkpoint)
    weights = {k: v.float().numpy() for k, v in net.state_dict().items()}
    header = {"layers": str(layers), "heads": str(net.encoder.config.num_attention_heads)}
    save_file(tensors(weights, layers, a.bits), a.out / "network.safetensors", header)
    (a.out / "labels.json").write_text(json.dumps(labels(net, "dateline-minilm", a.version), indent=1) + "\n")


if __name__ == "__main__":
    main()
