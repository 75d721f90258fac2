"""Span figures of a checkpoint on documents of the news corpus, without the rules of the service."""

from collections import Counter

import numpy as np
import torch

from . import data, model, windows
from .data import ENTITY_TAGS, QUOTE_TAGS, ROLES, TYPES


@torch.no_grad()
def scores(net: model.Network, d: data.Document) -> tuple[torch.Tensor, torch.Tensor]:
    """Entity and quote scores [words, tags] of a whole document, stitched from its windows."""
    net.eval()
    parts = windows.sentences(d.words, d.text)
    lengths = [sum(len(d.words.pieces[k]) for k in range(a, b)) for a, b in parts]
    paragraphs = {a for a, _ in parts if d.words.gaps[a] >= 2}
    cuts = windows.cut(lengths, {i for i, (a, _) in enumerate(parts) if a in paragraphs})
    ranges = [(parts[a][0], parts[b - 1][1]) for a, b in cuts]
    entity, quote = [], []
    for (begin, end), (first, last) in zip(ranges, windows.keep(ranges, paragraphs)):
        x = windows.window(d, begin, end)
        one = lambda v: torch.from_numpy(v)[None]
        with torch.autocast("cpu", torch.bfloat16):
            e, q, _ = net(one(x.ids), one(x.features), torch.ones(1, len(x.ids), dtype=torch.long), one(x.word_starts))
        entity.append(e[0, first - begin : last - begin])
        quote.append(q[0, first - begin : last - begin])
    return torch.cat(entity), torch.cat(quote)


def spans_of(path: list[int], tags: list[str]) -> set[tuple[int, int, str]]:
    out, i = set(), 0
    while i < len(path):
        j = i + 1
        if tags[path[i]][0] != "O":
            while j < len(path) and tags[path[j]] == "I-" + tags[path[i]][2:]:
                j += 1
            out.add((i, j, tags[path[i]][2:]))
        i = j
    return out


def f1(c: Counter, key: str) -> float:
    return round(200 * c[key, "tp"] / max(1, 2 * c[key, "tp"] + c[key, "fp"] + c[key, "fn"]), 1)


def spans(net: model.Network, raw: list[dict]) -> dict:
    """Exact-span F1: all 19 types together, each type, names, and the three roles of quotes."""
    c = Counter()
    for r in raw:
        d = data.news_document(r)
        if not d.words.spans:
            continue
        entity, quote = scores(net, d)
        gold = spans_of(d.possible.argmax(1).tolist(), ENTITY_TAGS) | spans_of(d.quote_tags.tolist(), QUOTE_TAGS)
        found = spans_of(net.entity_crf.best(entity), ENTITY_TAGS) | spans_of(net.quote_crf.best(quote), QUOTE_TAGS)
        for outcome, group in (("tp", gold & found), ("fp", found - gold), ("fn", gold - found)):
            for _, _, kind in group:
                c[kind, outcome] += 1
                if kind in TYPES:
                    c["entities", outcome] += 1
                if kind in ("PERSON", "ORG", "GPE", "LOC", "FAC"):
                    c["names", outcome] += 1
    return {k: f1(c, k) for k in ["entities", "names", *ROLES, *TYPES]}


@torch.no_grad()
def pronouns(net: model.Network, part: str) -> float:
    """Share of GAP's pronouns whose link points at a name of whom they mean rather than at the other name."""
    net.eval()
    right, count = 0, 0
    for d in data.pronouns(part):
        x = windows.window(d, 0, len(d.words.spans))
        if len(x.ids) > windows.LIMIT + 2:
            continue
        one = lambda v: torch.from_numpy(v)[None]
        _, _, v = net(one(x.ids), one(x.features), torch.ones(1, len(x.ids), dtype=torch.long), one(x.word_starts))
        at, names, others = x.references[0]
        best = lambda who: (v[0, who, 4] @ v[0, at, 3]).logsumexp(0)
        right += bool(best(names) > best(others))
        count += 1
    return round(100 * right / max(1, count), 1)
