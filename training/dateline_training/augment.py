"""Copies of a document as other newsrooms would print it: other names, capitals, quotation marks, line breaks."""

import random
from collections import defaultdict

from . import words as w
from .data import ENTITY_TAGS, Document

SWAPPED = ("PERSON", "ORG", "GPE", "LOC", "FAC", "PRODUCT", "EVENT", "NORP")


def mentions(d: Document):
    """(first word, end word, type) of the mentions that are known for certain."""
    tags = [ENTITY_TAGS[r.argmax()] if r.sum() == 1 else "?" for r in d.possible]
    i = 0
    while i < len(tags):
        j = i + 1
        if tags[i].startswith("B-"):
            while j < len(tags) and tags[j] == "I-" + tags[i][2:]:
                j += 1
            yield i, j, tags[i][2:]
        i = j


class Names:
    """Every mention of the training sets by type and number of words, to be lent to other documents."""

    def __init__(self, documents: list[Document]):
        pool = defaultdict(set)
        for d in documents:
            for i, j, kind in mentions(d):
                if kind in SWAPPED:
                    pool[kind, j - i].add(tuple((tuple(d.words.pieces[k]), d.words.shapes[k]) for k in range(i, j)))
        self.pool = {k: sorted(v) for k, v in pool.items()}

    def swap(self, d: Document, rng: random.Random, share: float, pieces: list, shapes: list) -> None:
        """Replaces names by others of as many words; a word keeps its replacement through the document."""
        lent = {}
        for i, j, kind in mentions(d):
            if kind not in SWAPPED or len(self.pool.get((kind, j - i), ())) < 20:
                continue
            old = [(kind, tuple(d.words.pieces[k])) for k in range(i, j)]
            if not any(o in lent for o in old):
                new = rng.choice(self.pool[kind, j - i]) if rng.random() < share else [None] * (j - i)
                lent.update((o, n) for o, n in zip(old, new) if o not in lent)
            for k, o in zip(range(i, j), old):
                if lent.get(o):
                    pieces[k], shapes[k] = list(lent[o][0]), lent[o][1]


def recase(pieces, shapes, rng: random.Random, begin: int, end: int) -> None:
    """Capitals, no capitals or a capital for every word: headlines, captions, chats."""
    style = rng.choice(("upper", "upper", "lower", "title"))
    for k in range(begin, end):
        if shapes[k] in (5, 6, 7):
            continue
        if style == "lower":
            shapes[k] = 0
        elif style == "upper":
            shapes[k] = 3 if shapes[k] == 3 else 2
        elif shapes[k] == 0:
            shapes[k] = 1


def _id(piece: str) -> int:
    return w.tokenizer().token_to_id(piece)


def requote(pieces, rng: random.Random) -> None:
    """Typographic marks made straight, or straight ones typographic."""
    straight = {_id("“"): _id('"'), _id("”"): _id('"'), _id("‘"): _id("'"), _id("’"): _id("'")}
    if rng.random() < 0.7:
        for k, p in enumerate(pieces):
            if len(p) == 1 and p[0] in straight:
                pieces[k] = [straight[p[0]]]
        return
    opening = True
    for k, p in enumerate(pieces):
        if p == [_id('"')]:
            pieces[k] = [_id("“") if opening else _id("”")]
            opening = not opening
