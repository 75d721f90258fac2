#!/usr/bin/env python3
"""Figures of a binary's quotes as Markdown: `python3 training/quote_figures.py [target/release/dateline]`.

Dev part of the news corpus by kind, by form of the source and by distance; GUM's news (a test set: figures only) and other
genres; LitBank's novels; GAP's pronouns where they are the source of a quote. Python 3.11, nothing else to install.
"""

import gzip
import json
import re
import subprocess
import sys
import unicodedata
from bisect import bisect_left
from collections import Counter
from pathlib import Path

SHARED = Path(__file__).resolve().parents[2] / "shared" / "data"
NAMES = ("PERSON", "ORG", "GPE", "NORP", "FAC", "LOC", "WORK_OF_ART", "PRODUCT")
PRONOUNS = set("he she they it i we you him her them his their who one both some others".split())
SENTENCE_END = re.compile(r"[.!?…][\"”’'»)]*\s+(?=[\"“‘'«(\[]?[A-Z0-9])|\n+")
SCORES = (0.5, 0.7, 0.8, 0.9, 0.95, 0.99, 1.0)
FOUND = 0.5  # content overlap (intersection over union of code points) from which a quote counts as found


def read(path):
    opened = gzip.open if path.suffix == ".gz" else open
    with opened(path, "rt", encoding="utf8") as lines:
        return [json.loads(line) for line in lines]


def answers(binary, texts):
    """Quotes of each text, offsets in code points."""
    lines = "".join(json.dumps({"documentId": str(i), "text": t}) + "\n" for i, t in enumerate(texts))
    run = subprocess.run([binary, "extract", "--jsonl"], input=lines, stdout=subprocess.PIPE, encoding="utf8", check=True)
    span = lambda s: (int(s.get("beginOffset", 0)), int(s["endOffset"])) if s else None
    return [
        [
            {
                "kind": q["kind"].removeprefix("QUOTE_KIND_").lower(),
                "content": [span(c) for c in q["content"]],
                "cue": span(q.get("cue")),
                "source": span(q.get("source")),
                "speaker": q.get("speaker", {}).get("name"),
                "score": q.get("score", 0.0),
                "speaker_score": q.get("speaker", {}).get("score", 0.0),
            }
            for q in json.loads(line).get("quotes", {}).get("quotes", [])
        ]
        for line in run.stdout.splitlines()
    ]


def folded(name):
    plain = unicodedata.normalize("NFKD", name or "").encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9 ]", "", plain).split()


def same_name(a, b):
    """Equal, or one is part of the other with the same last word."""
    a, b = folded(a), folded(b)
    return a == b or bool(a and b) and a[-1] == b[-1] and (set(a) <= set(b) or set(b) <= set(a))


def overlap(a, b):
    a, b = ({i for s in spans for i in range(*s)} for spans in (a, b))
    return len(a & b) / max(1, len(a | b))


def pairs(gold, found):
    """Each gold quote with the found one that shares most of its content, and what was found beside them."""
    left = list(found)
    out = []
    for g in gold:
        best = max(left, key=lambda f: overlap(g["content"], f["content"]), default=None)
        if best is not None and overlap(g["content"], best["content"]) >= FOUND:
            left.remove(best)
            out.append((g, best))
        else:
            out.append((g, None))
    return out, left


def percent(part, whole):
    return f"{100 * part / whole:.1f}" if whole else "-"


def f1(right, found, gold):
    return percent(2 * right, found + gold)


def table(head, rows):
    print(f"\n| {' | '.join(head)} |\n|{'---|' * len(head)}")
    for row in rows:
        print(f"| {' | '.join(str(cell) for cell in row)} |")


# ---------------------------------------------------------------- the news corpus

def form(d, quote):
    """How the source is written, and the mentions that name the speaker."""
    mentions = [(b, e) for b, e, kind in d["entities"] if kind in NAMES and same_name(d["text"][b:e], quote["speaker"])]
    if not quote["source"]:
        return "none", mentions
    begin, end = quote["source"]
    if d["text"][begin:end].lower() in PRONOUNS:
        return "pronoun", mentions
    if any(begin <= b and e <= end for b, e in mentions):
        return "name", mentions
    # Joined names ("A and B") are no mention but hold some.
    people = any(begin <= b and e <= end and kind == "PERSON" for b, e, kind in d["entities"])
    joined = people and " and " in quote["speaker"]
    return "name" if joined else "description" if mentions else "unnamed", mentions


def distance(text, quote, mentions):
    """Sentence borders between the quote (with its cue and source) and the nearest mention of its speaker's name."""
    if not mentions:
        return "no name"
    spans = quote["content"] + [s for s in (quote["cue"], quote["source"]) if s]
    begin, end = min(b for b, _ in spans), max(e for _, e in spans)
    between = lambda a, b: len(SENTENCE_END.findall(text[a:b])) if a < b else 0
    nearest = min(between(e, begin) if e <= begin else between(end, b) for b, e in mentions)
    return "0 1 2".split()[nearest] if nearest < 3 else "3-5" if nearest < 6 else "6 or more"


def news(binary):
    documents = [d for path in sorted((SHARED / "news").glob("*.jsonl")) for d in read(path)[::10]]
    c, exact, errors, scores = Counter(), Counter(), Counter(), Counter()

    def scored(what, score, right):
        step = next(s for s in SCORES if score <= s)
        scores.update({(what, step, "all"): 1, (what, step, "sum"): score, (what, step, "right"): right})

    for d, found in zip(documents, answers(binary, [d["text"] for d in documents])):
        spans = lambda quotes, role: {tuple(s) for q in quotes for s in (q[role] if role == "content" else [q[role]]) if s}
        for role in ("source", "cue", "content"):
            gold, got = spans(d["quotes"], role), spans(found, role)
            exact[role, "right"] += len(gold & got)
            exact[role, "gold"] += len(gold)
            exact[role, "found"] += len(got)
        matched, extra = pairs(d["quotes"], found)
        for f in found:
            scored("quote", f["score"], not any(f is e for e in extra))
        for f in extra:
            c["found", f["kind"]] += 1
            inside = any(overlap(f["content"], g["content"]) > 0 for g in d["quotes"])
            errors[f"{f['kind']}: {'cut or joined otherwise' if inside else 'no quote there'}"] += 1
        for g, f in matched:
            c["gold", g["kind"]] += 1
            if f is None:
                touched = any(overlap(f["content"], g["content"]) > 0 for f in found)
                errors[f"{g['kind']}: {'found with other borders' if touched else 'not found'}"] += 1
                continue
            c["found", f["kind"]] += 1
            c["hit", g["kind"]] += 1
            c["kind", g["kind"]] += f["kind"] == g["kind"]
            if f["kind"] != g["kind"]:
                errors[f"kind: {g['kind']} taken for {f['kind']}"] += 1
            if [tuple(s) for s in g["content"]] != f["content"]:
                shorter = sum(e - b for b, e in f["content"]) < sum(e - b for b, e in g["content"])
                parts = len(f["content"]) != len(g["content"])
                errors[f"content: {'other number of parts' if parts else 'too short' if shorter else 'too long'}"] += 1
            if g["speaker"]:
                right = same_name(f["speaker"], g["speaker"])
                if f["speaker"]:
                    scored("speaker", f["speaker_score"], right)
                written, mentions = form(d, g)
                far = distance(d["text"], g, mentions)
                for key in ("speaker", ("form", written), ("far", far), ("kind of", g["kind"])):
                    c[key, "all"] += 1
                    c[key, "right"] += right
                if not right:
                    errors[f"speaker: source is {written}, {'nobody given' if not f['speaker'] else 'wrong'}"] += 1
    total = lambda what: sum(n for key, n in c.items() if key[0] == what)
    kinds = ("direct", "mixed", "indirect")
    print(f"\n## Dev part of the news corpus\n\n{len(documents)} documents, {total('gold')} quotes, {total('found')} found.")
    rows = [
        (k, c["gold", k], percent(c["hit", k], c["gold", k]), percent(c["kind", k], c["hit", k]),
         percent(c[("kind of", k), "right"], c[("kind of", k), "all"]))
        for k in kinds
    ]
    rows.append(("all", total("gold"), percent(total("hit"), total("gold")), percent(total("kind"), total("hit")),
                 percent(c["speaker", "right"], c["speaker", "all"])))
    table(("kind", "quotes", "recall", "kind right", "speaker right"), rows)
    table(("measure", "figure"), [
        ("found, precision", percent(total("hit"), total("found"))),
        ("found, F1", f1(total("hit"), total("found"), total("gold"))),
        *(
            (f"{role}, exact F1", f1(exact[role, "right"], exact[role, "found"], exact[role, "gold"]))
            for role in ("source", "cue", "content")
        ),
    ])
    of = lambda what, keys: [(k, c[(what, k), "all"], percent(c[(what, k), "right"], c[(what, k), "all"])) for k in keys]
    table(("source is", "found", "speaker right"), of("form", ("name", "pronoun", "description", "none", "unnamed")))
    table(("sentences to the nearest name", "found", "speaker right"),
          of("far", ("0", "1", "2", "3-5", "6 or more", "no name")))
    for what in ("quote", "speaker"):
        table((f"score of the {what} up to", "quotes", "mean score", "right"), [
            (s, n, percent(scores[what, s, "sum"], n), percent(scores[what, s, "right"], n))
            for s in SCORES if (n := scores[what, s, "all"])
        ])
    table(("error", "count"), errors.most_common())


# ---------------------------------------------------------------- other sets

def joined(text):
    """LitBank's tokens as running text: the text, and the indices of the spaces that were dropped."""
    text, dropped, is_open = text.replace("\n", " "), [], Counter()
    for token in re.finditer(r"\S+", text):
        mark, before, after = token[0], token.start() - 1, token.end()
        possessive = mark == "'" and not is_open[mark] and text[max(0, before - 1)] == "s"
        if mark in ('"', "'") and not possessive:
            is_open[mark] ^= 1
            dropped.append(after if is_open[mark] else before)
        elif mark in "“‘([":
            dropped.append(after)
        elif mark in ".,;:!?…”’)]" or possessive or re.fullmatch(r"['’](s|ll|re|ve|d|m)|n['’]t", mark, re.I):
            dropped.append(before)
    dropped = sorted({i for i in dropped if 0 <= i < len(text) and text[i] == " "})
    gone = set(dropped)
    return "".join(c for i, c in enumerate(text) if i not in gone), dropped


def other_set(binary, name, documents, direct_only=False):
    """Figures of a set in the format of ../shared/data/quotes; `direct_only` where each stretch in marks is a quote."""
    texts, golds = [], []
    for d in documents:
        text, dropped = joined(d["text"]) if direct_only else (d["text"], [])
        move = lambda i: i - bisect_left(dropped, i)
        texts.append(text)
        golds.append([{**a, "content": [(move(b), move(e)) for b, e in a["content"]]} for a in d["attributions"]])
    c = Counter()
    for gold, found in zip(golds, answers(binary, texts)):
        if direct_only:
            found = [{**f, "content": [part]} for f in found if f["kind"] == "direct" for part in f["content"]]
        matched, _ = pairs(gold, found)
        c["found"] += len(found)
        for g, f in matched:
            c["gold"] += 1
            c[g["kind"], "gold"] += 1
            if f:
                c["hit"] += 1
                c[g["kind"], "hit"] += 1
                if g.get("speaker_names"):
                    c["named"] += 1
                    c["speaker"] += any(same_name(f["speaker"], n) for n in g["speaker_names"])
    recall = (percent(c[k, "hit"], c[k, "gold"]) for k in ("direct", "mixed", "indirect"))
    return (name, c["gold"], percent(c["hit"], c["found"]), percent(c["hit"], c["gold"]), *recall, c["named"],
            percent(c["speaker"], c["named"]))


def gap(binary, part):
    """Pronouns that are the source of a quote, where one of GAP's two candidates is meant."""
    pronouns = [d for d in read(SHARED / "coref" / f"gap.{part}.jsonl.gz") if d["a"][2] or d["b"][2]]
    c = Counter()
    for d, found in zip(pronouns, answers(binary, [d["text"] for d in pronouns])):
        begin = d["pronoun"][0]
        at = (begin, begin + len(d["pronoun"][1]))
        right, wrong = (d["a"], d["b"]) if d["a"][2] else (d["b"], d["a"])
        for f in found:
            if f["source"] == at:
                c["all"] += 1
                c["right"] += same_name(f["speaker"], right[1])
                c["other"] += same_name(f["speaker"], wrong[1])
    return (part, len(pronouns), c["all"], percent(c["right"], c["all"]), percent(c["other"], c["all"]))


def main(binary):
    news(binary)
    print("\n## Other sets\n")
    print("GUM also annotates thoughts and wishes, and misses reports that are no clause. LitBank annotates each stretch in")
    print("marks on its own; so are ours counted there.")
    folder = SHARED / "quotes"
    table(("set", "quotes", "precision", "recall", "direct", "mixed", "indirect", "found with a name", "speaker right"), [
        other_set(binary, "GUM, news", read(folder / "news.jsonl.gz")),
        other_set(binary, "GUM, other genres", read(folder / "other.jsonl.gz")),
        other_set(binary, "LitBank, fiction", read(folder / "litbank.jsonl.gz"), direct_only=True),
    ])
    print("\nGAP: pronouns whose name is one of two candidates; those that are the source of a quote found.")
    table(("part", "pronouns", "sources", "right", "the other candidate"),
          [gap(binary, part) for part in ("validation", "dev", "test")])


if __name__ == "__main__":
    main(sys.argv[1] if len(sys.argv) > 1 else "target/release/dateline")
