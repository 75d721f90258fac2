"""Readers: every training set becomes `Document`s with one partial label mask a word.

A set that does not annotate a type leaves it *unknown*, not absent: each word carries the set of tags
that are possible for it (as a boolean row), and the loss asks only that the network's path lies inside.
"""

import gzip
import json
import re
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from . import words as w

SHARED = Path(__file__).parents[3] / "shared" / "data"
TYPES = (
    "PERSON NORP ORG GPE LOC FAC EVENT PRODUCT WORK_OF_ART LAW LANGUAGE TITLE "
    "DATE TIME MONEY PERCENT QUANTITY ORDINAL CARDINAL"
).split()
ROLES = ("content", "cue", "source")
ENTITY_TAGS = ["O"] + [f"{p}-{t}" for t in TYPES for p in "BI"]
QUOTE_TAGS = ["O"] + [f"{p}-{r}" for r in ROLES for p in "BI"]
NUMBERS = ("MONEY", "PERCENT", "QUANTITY", "ORDINAL", "CARDINAL", "TIME", "DATE")
MISC = ("EVENT", "PRODUCT", "WORK_OF_ART", "LAW", "LANGUAGE", "NORP")


@dataclass
class Quote:
    """Word indices: [begin, end) of each content part, first word of cue and source, mentions of the speaker."""

    content: list[tuple[int, int]]
    cue: tuple[int, int] | None
    source: tuple[int, int] | None
    speaker: list[int]  # first words of the mentions that name the speaker; empty: unnamed or unknown
    speaker_known: bool


@dataclass
class Document:
    doc_id: str
    text: str
    words: w.Words
    possible: np.ndarray  # bool [words, len(ENTITY_TAGS)]
    quote_tags: np.ndarray | None  # int [words], or None where quotes are not annotated
    quotes: list[Quote] = field(default_factory=list)
    references: list["Reference"] = field(default_factory=list)


@dataclass
class Reference:
    """First words: of a pronoun or description, of the names of whom it means (none: unnamed), of others' names."""

    pronoun: int
    names: list[int]
    others: list[int]


def read(path: Path) -> list[dict]:
    opened = gzip.open(path, "rt", encoding="utf8") if path.suffix == ".gz" else open(path, encoding="utf8")
    with opened as lines:
        return [json.loads(line) for line in lines]


def tags_of(types, prefix: str) -> list[int]:
    return [ENTITY_TAGS.index(f"{prefix}-{t}") for t in types]


def word_range(words: w.Words, begin: int, end: int, starts, ends) -> tuple[int, int] | None:
    """Words that a code-point span covers; None when a border cuts a word."""
    a = int(np.searchsorted(starts, begin))
    b = int(np.searchsorted(ends, end))
    if a < len(starts) and b < len(ends) and starts[a] == begin and ends[b] == end and a <= b:
        return a, b + 1
    return None


def mark(possible: np.ndarray, begin: int, end: int, types, outside: bool = False) -> None:
    """Words [begin, end) are one mention of one of `types` (or, if `outside`, of nothing)."""
    possible[begin:end] = False
    possible[begin, tags_of(types, "B")] = True
    possible[begin + 1 : end, tags_of(types, "I")] = True
    if outside:
        possible[begin:end, 0] = True


# ---------------------------------------------------------------- our own corpus

def name_parts(name: str) -> list[str]:
    return re.findall(r"\w+", name.lower())


def names_match(a: str, b: str) -> bool:
    """One name is the other, or part of it with the same last word."""
    x, y = name_parts(a), name_parts(b)
    return bool(x and y) and (x == y or (x[-1] == y[-1] and (set(x) <= set(y) or set(y) <= set(x))))


def news_document(d: dict) -> Document:
    words = w.split(d["text"])
    starts, ends = np.array([s for s, _ in words.spans]), np.array([e for _, e in words.spans])
    possible = np.zeros((len(words.spans), len(ENTITY_TAGS)), bool)
    possible[:, 0] = True
    mentions = []
    for begin, end, kind in d["entities"]:
        at = word_range(words, begin, end, starts, ends)
        if at is None:  # a border inside a word: its words are unknown
            possible[(ends > begin) & (starts < end)] = True
            continue
        mark(possible, *at, [kind])
        mentions.append((at[0], kind, d["text"][begin:end]))
    tags = np.zeros(len(words.spans), np.int64)
    quotes = []
    # Outer reports come last and win over those nested inside them.
    for q in sorted(d["quotes"], key=lambda q: sum(e - b for b, e in q["content"])):
        parts = [at for b, e in q["content"] if (at := word_range(words, b, e, starts, ends))]
        one = lambda s: word_range(words, *s, starts, ends) if s else None
        cue, source = one(q["cue"]), one(q["source"])
        for role, at in [("content", p) for p in parts] + [("cue", cue), ("source", source)]:
            if at:
                tags[at[0]] = QUOTE_TAGS.index(f"B-{role}")
                tags[at[0] + 1 : at[1]] = QUOTE_TAGS.index(f"I-{role}")
        named = [m for m, kind, surface in mentions
                 if kind in ("PERSON", "ORG", "GPE", "NORP", "FAC", "LOC", "WORK_OF_ART", "PRODUCT")
                 and q["speaker"] and names_match(surface, q["speaker"])]
        if parts:
            quotes.append(Quote(parts, cue, source, named, bool(q["speaker"])))
    # A part whose first word now belongs to another role was overwritten: not a target any more.
    begins = {r: {i for i, t in enumerate(tags) if t == QUOTE_TAGS.index(f"B-{r}")} for r in ROLES}
    for q in quotes:
        q.content = [p for p in q.content if p[0] in begins["content"]]
        q.cue = q.cue if q.cue and q.cue[0] in begins["cue"] else None
        q.source = q.source if q.source and q.source[0] in begins["source"] else None
    return Document(d["doc_id"], d["text"], words, possible, tags, [q for q in quotes if q.content])


def news_raw(part: str) -> list[dict]:
    """`dev` is every tenth document of each file from the first, `train` the rest."""
    out = []
    for path in sorted((SHARED / "news").glob("*.jsonl")):
        for i, d in enumerate(read(path)):
            if (i % 10 == 0) == (part == "dev"):
                out.append(d)
    return out


# ---------------------------------------------------------------- open sets with other labels

NO_SPACE_BEFORE = set(".,;:!?)]}%’'…") | {"'s", "n't", "'re", "'ve", "'ll", "'d", "'m", "’s", "''"}
NO_SPACE_AFTER = set("([{$€£#@") | {"``"}


def detokenise(tokens: list[str]) -> tuple[str, list[tuple[int, int]]]:
    """Tokens back to running text, with each token's span."""
    text, spans, open_quote = "", [], False
    for i, token in enumerate(tokens):
        glue = not text or token in NO_SPACE_BEFORE or tokens[i - 1] in NO_SPACE_AFTER
        if token == '"':
            glue = glue or open_quote
            open_quote = not open_quote
        elif i and tokens[i - 1] == '"' and open_quote:
            glue = True
        if not glue:
            text += " "
        spans.append((len(text), len(text) + len(token)))
        text += token
    return text, spans


# One-word places that may be a people or a tongue ("American", but "Japan" too: the network decides).
DEMONYM = re.compile(r"\w+(?:an|ish|ese)|French|Dutch|Greek|Swiss|Czech|Iraqi|Israeli|Pakistani")
UNIFIED = {"FACILITY": ["FAC"], "LOC": ["GPE", "LOC", "FAC"], "MISC": list(MISC), "NORP": ["NORP"]}


def open_document(d: dict, mapping: dict, complete: set[str]) -> Document:
    """A set with its own labels: types it does not annotate stay possible for its O words."""
    tokens, tags, breaks = [], [], []
    for s in d["sentences"]:
        breaks.append(len(tokens))
        tokens += s["tokens"]
        tags += s["tags"]
    tokens = [t.replace("``", '"').replace("''", '"') or "?" for t in tokens]
    text, spans = detokenise(tokens)
    words = w.split(text)
    starts, ends = np.array([s for s, _ in words.spans]), np.array([e for _, e in words.spans])
    unknown = [t for t in TYPES if t not in complete]
    possible = np.zeros((len(words.spans), len(ENTITY_TAGS)), bool)
    possible[:, [0] + tags_of(unknown, "B") + tags_of(unknown, "I")] = True
    i = 0
    while i < len(tags):
        if tags[i] == "O":
            i += 1
            continue
        label, j = tags[i][2:], i + 1
        while j < len(tags) and tags[j] == f"I-{label}":
            j += 1
        unified = mapping.get(label)
        at = word_range(words, spans[i][0], spans[j - 1][1], starts, ends)
        surface = text[spans[i][0] : spans[j - 1][1]]
        if at is None or unified is None:
            possible[(ends > spans[i][0]) & (starts < spans[j - 1][1])] = True
        elif unified == "DATE":
            mark(possible, *at, ["DATE", "TIME"])
        elif unified.startswith("NUM"):
            # Our numbers take their modifiers and units with them: only the type is known, not the borders.
            possible[at[0] : at[1]] = False
            possible[at[0] : at[1], [0] + tags_of(NUMBERS, "B") + tags_of(NUMBERS, "I")] = True
        elif unified == "LOC" and DEMONYM.fullmatch(surface):
            mark(possible, *at, ["NORP", "GPE", "LOC", "LANGUAGE"])
        elif unified in UNIFIED:
            mark(possible, *at, UNIFIED[unified], outside=unified == "MISC")
        elif unified in TYPES:
            mark(possible, *at, [unified])
        else:
            possible[at[0] : at[1]] = True
        i = j
    return Document(d["doc_id"], text, words, possible, None)


OPEN_SETS = ("uner_ewt", "docred", "wikigold", "crossner_politics", "crossner_literature", "crossner_music",
             "crossner_science")


def open_set(name: str, part: str = "train") -> list[Document]:
    unified = json.loads((SHARED / "ner" / "unified_map.json").read_text())[name]
    complete = set()
    for label in unified["complete"]:
        # Facilities are rarely told from places and organisations elsewhere: unknown rather than absent.
        complete |= {"LOC": {"GPE", "LOC"}, "MISC": set()}.get(label, {label})
    return [open_document(d, unified["map"], complete) for d in read(SHARED / "ner" / f"{name}.{part}.jsonl.gz")]


# ---------------------------------------------------------------- pronouns and descriptions

PRONOUNS = set("he she him her his hers they them their it its".split())
OTHER_CAPITALS = PRONOUNS | set("the a an i we you my our your this that these those mr mrs ms".split())


def unlabelled_tags(words: w.Words) -> np.ndarray:
    """Any tag is possible everywhere."""
    return np.ones((len(words.spans), len(ENTITY_TAGS)), bool)


def pronouns(part: str) -> list[Document]:
    """GAP (Webster et al. 2018): one pronoun a text, and two names of which it may mean one. Texts where it means
    neither are left out: who else it could mean is not annotated."""
    out = []
    for d in read(SHARED / "coref" / f"gap.{part}.jsonl.gz"):
        words = w.split(d["text"])
        starts = np.array([s for s, _ in words.spans])
        at = lambda offset: int(np.searchsorted(starts, offset, side="right")) - 1
        everywhere = lambda name: [at(m.start()) for m in re.finditer(rf"\b{re.escape(name)}\b", d["text"])]
        (_, a, is_a), (_, b, is_b) = d["a"], d["b"]
        if is_a == is_b or a in b or b in a:
            continue
        meant, other = (a, b) if is_a else (b, a)
        if everywhere(a) and everywhere(b):
            reference = Reference(at(d["pronoun"][0]), everywhere(meant), everywhere(other))
            out.append(Document(d["doc_id"], d["text"], words, unlabelled_tags(words), None, references=[reference]))
    return out


def title_words() -> set[str]:
    """Words that stand in a title of our corpus."""
    return {word.lower() for d in news_raw("train") for b, e, kind in d["entities"] if kind == "TITLE"
            for word in d["text"][b:e].split()}


def chains(part: str = "train") -> list[Document]:
    """GUM's coreference: each pronoun and each "the ..." with the names of its chain and those of the others. The news of it is left
    out: its quotes are a test set."""
    titles, out = title_words(), []
    tested = {d["doc_id"] for d in read(SHARED / "quotes" / "news.jsonl.gz")}
    for d in read(SHARED / "coref" / f"gum_open.{part}.jsonl.gz"):
        if d["doc_id"] in tested:
            continue
        tokens, first = [], []
        for s in d["sentences"]:
            first.append(len(tokens))
            tokens += s["tokens"]
        text, spans = detokenise(tokens)
        words = w.split(text)
        starts = np.array([s for s, _ in words.spans])
        word = lambda token: int(np.searchsorted(starts, spans[token][0], side="right")) - 1
        names, pronouns_ = {}, []
        for m in d["mentions"]:
            if m["type"] not in ("person", "organization", "place"):
                continue
            at = range(first[m["sent"]] + m["start"], first[m["end_sent"]] + m["end"])
            bare = [t for t in at if tokens[t][:1].isupper() and tokens[t].lower().rstrip(".") not in titles | OTHER_CAPITALS]
            if len(at) == 1 and tokens[at[0]].lower() in PRONOUNS:
                pronouns_.append((word(at[0]), m["cluster"]))
            elif tokens[at[0]].lower() == "the" and len(at) > 1 and not bare:
                pronouns_.append((word(at[0]), m["cluster"]))
            elif bare and (bare[0] != first[m["sent"]] or len(bare) > 1) and len(tokens[bare[0]]) > 1:
                names.setdefault(m["cluster"], []).append(word(bare[0]))
        everyone = {i for at in names.values() for i in at}
        references = [Reference(at, own, sorted(everyone - set(own)))
                      for at, cluster in pronouns_ for own in [names.get(cluster, [])]]
        if references:
            out.append(Document(d["doc_id"], text, words, unlabelled_tags(words), None, references=references))
    return out
