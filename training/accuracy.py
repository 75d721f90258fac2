"""python accuracy.py NAME=BINARY [NAME=BINARY ...]: entity figures of binaries side by side, as Markdown tables.

Reads ../shared through `dateline extract --jsonl`; exact spans; F1 in percent with its 95 % interval (1,000 bootstrap samples of
documents; Efron 1979). Test sets have labels of their own: only those that a set annotates exhaustively are compared.
"""

import json
import random
import subprocess
import sys
from collections import Counter, defaultdict

from dateline_training import data

sys.path.insert(0, str(data.SHARED.parent / "tools"))
import score_json as scorer  # noqa: E402

NAMES = ("PERSON", "ORG", "GPE", "LOC", "FAC")
# One label for what a set does not tell apart.
COARSE = {"GPE": "LOC", "FAC": "LOC", "FACILITY": "LOC", "TIME": "DATE", "DURATION": "DATE"}
TEST_SETS = {
    "uner_pud": "UNER English PUD (news, Wikipedia), CC BY-SA 4.0",
    "europarl_ner": "Europarl NER, open",
    "wikigold": "WikiGold, CC BY 4.0",
    "docred": "DocRED re-annotated, MIT / CC BY-SA",
    "crossner_politics": "CrossNER politics, MIT",
    "crossner_literature": "CrossNER literature, MIT",
    "crossner_music": "CrossNER music, MIT",
    "crossner_science": "CrossNER science, MIT",
    "re3d_open": "re3d, open documents",
    "meantime": "MEANTIME (Wikinews), CC BY 4.0",
}
SCORED = {"re3d_open": {"PERSON", "ORG"}, "meantime": {"DATE", "MONEY", "PERCENT", "QUANTITY"}}

Document = tuple[str, str, set]  # id, text, gold (begin, end, type)


def dev() -> list[Document]:
    return [(d["doc_id"], d["text"], {tuple(e) for e in d["entities"]}) for d in data.news_raw("dev")]


def open_set(name: str) -> tuple[list[Document], set[str]]:
    unified = json.loads((data.SHARED / "ner" / "unified_map.json").read_text())[name]
    coarse = lambda label: COARSE.get(label, label)
    types = SCORED.get(name) or {coarse(t) for t in unified["complete"] if t != "MISC"}
    out = []
    for d in data.read(data.SHARED / "ner" / f"{name}.test.jsonl.gz"):
        tokens = [t.replace("``", '"').replace("''", '"') or "?" for s in d["sentences"] for t in s["tokens"]]
        tags = [t for s in d["sentences"] for t in s["tags"]]
        text, spans = data.detokenise(tokens)
        gold, i = set(), 0
        while i < len(tags):
            j = i + 1
            if tags[i] != "O":
                while j < len(tags) and tags[j] == "I-" + tags[i][2:]:
                    j += 1
                label = coarse(unified["map"].get(tags[i][2:]) or "")
                surface = text[spans[i][0] : spans[j - 1][1]]
                if label == "LOC" and name == "docred" and data.DEMONYM.fullmatch(surface):
                    label = ""
                if label in types:
                    gold.add((spans[i][0], spans[j - 1][1], label))
            i = j
        out.append((d["doc_id"], text, gold))
    return out, types


def answers(binary: str, documents: list[Document]) -> list[dict]:
    lines = "".join(json.dumps({"documentId": str(i), "text": text}) + "\n" for i, (_, text, _) in enumerate(documents))
    run = subprocess.run([binary, "extract", "--jsonl", "-"], input=lines, capture_output=True, text=True, check=True)
    return [json.loads(line) for line in run.stdout.splitlines()]


def spans(answer: dict) -> set[tuple[int, int, str]]:
    kind = lambda e: e["type"].removeprefix("ENTITY_TYPE_")
    return {(*scorer.sp(m["span"]), scorer.MAP.get(kind(e), kind(e)))
            for e in answer["entities"].get("entities", []) for m in e["mentions"]}


def counts(gold: set, found: set) -> Counter:
    out = Counter()
    for outcome, group in (("tp", gold & found), ("fp", found - gold), ("fn", gold - found)):
        for _, _, kind in group:
            out[kind, outcome] += 1
    return out


def f1(total: Counter, kinds) -> float:
    tp, fp, fn = (sum(total[k, o] for k in kinds) for o in ("tp", "fp", "fn"))
    return 200 * tp / max(1, 2 * tp + fp + fn)


def interval(per_document: list[Counter], kinds) -> tuple[float, float]:
    rng, samples = random.Random(0), []
    rows = [tuple(sum(c[k, o] for k in kinds) for o in ("tp", "fp", "fn")) for c in per_document]
    for _ in range(1000):
        tp, fp, fn = map(sum, zip(*rng.choices(rows, k=len(rows))))
        samples.append(200 * tp / max(1, 2 * tp + fp + fn))
    samples.sort()
    return samples[25], samples[975]


def cell(per_document: list[Counter], kinds) -> str:
    low, high = interval(per_document, kinds)
    return f"{f1(sum(per_document, Counter()), kinds):.1f} ({low:.1f} to {high:.1f})"


def row(*cells) -> None:
    print("| " + " | ".join(str(c) for c in cells) + " |")


def head(*cells) -> None:
    row(*cells)
    print("|" + "---|" * len(cells))


def entities(binaries: dict[str, str]) -> None:
    documents = dev()
    found = {name: [spans(a) for a in answers(binary, documents)] for name, binary in binaries.items()}
    types = [t for t in scorer.T19 if any(e[2] == t for _, _, g in documents for e in g)]
    per = {name: [counts(g, s) for (_, _, g), s in zip(documents, sets)] for name, sets in found.items()}
    print(f"\n### Dev part of the news corpus ({len(documents)} documents)\n")
    head("type", "mentions", *binaries)
    for label, kinds in [("all 19", types), ("names", NAMES)] + [(t, (t,)) for t in types]:
        size = sum(e[2] in kinds for _, _, g in documents for e in g)
        row(label, size, *(cell(per[name], kinds) for name in binaries))
    print("\n### Test sets (never trained or tuned on)\n")
    head("set", "documents", "types compared", "mentions", *binaries)
    for name, title in TEST_SETS.items():
        documents, types = open_set(name)
        cells = []
        for binary in binaries.values():
            sets = [{(b, e, COARSE.get(t, t)) for b, e, t in spans(a)} for a in answers(binary, documents)]
            cells.append(cell([counts(g, {s for s in f if s[2] in types}) for (_, _, g), f in zip(documents, sets)], types))
        row(title, len(documents), " ".join(sorted(types)), sum(len(g) for _, _, g in documents), *cells)


def b_cubed(gold: dict, found: dict) -> tuple[float, float, int]:
    """Precision and recall (Bagga and Baldwin 1998) over the mentions that both have, and their number."""
    both = gold.keys() & found.keys()
    clusters = lambda of: {m: frozenset(n for n in both if of[n] == of[m]) for m in both}
    g, f = clusters(gold), clusters(found)
    overlap = [(len(g[m] & f[m]), len(f[m]), len(g[m])) for m in both]
    return sum(o / p for o, p, _ in overlap), sum(o / r for o, _, r in overlap), len(both)


def clusters(binaries: dict[str, str]) -> None:
    """Names of MEANTIME, and the full names behind the sources of the news corpus."""
    documents, chains = [], []
    for d in data.read(data.SHARED / "coref" / "meantime.jsonl.gz"):
        tokens, first = [], []
        for s in d["sentences"]:
            first.append(len(tokens))
            tokens += [t.replace("``", '"').replace("''", '"') or "?" for t in s["tokens"]]
        text, at = data.detokenise(tokens)
        gold = {}
        for m in d["mentions"]:
            if m["form"] == "NAM" and m["type"] in ("PER", "ORG", "LOC", "PRO"):
                begin = first[m["sent"]] + m["start"]
                begin += tokens[begin].lower() in ("the", "a") and m["end"] - m["start"] > 1
                gold[at[begin][0], at[first[m["sent"]] + m["end"] - 1][1]] = m["cluster"]
        documents.append((d["doc_id"], text, set()))
        chains.append(gold)
    news = data.news_raw("dev")
    print("\n### Clusters\n")
    head("binary", "B-cubed P / R / F1 of names (MEANTIME)", "names compared", "clusters exact", "full name of a named source (dev)")
    for name, binary in binaries.items():
        p = r = n = exact = total = 0
        for gold, answer in zip(chains, answers(binary, documents)):
            found = {scorer.sp(m["span"]): i for i, e in enumerate(answer["entities"].get("entities", [])) for m in e["mentions"]}
            dp, dr, dn = b_cubed(gold, found)
            p, r, n = p + dp, r + dr, n + dn
            both = gold.keys() & found.keys()
            sets = lambda of: {frozenset(m for m in both if of[m] == c) for c in {of[m] for m in both}}
            exact += len(sets(gold) & sets(found))
            total += len(sets(gold))
        right = asked = 0
        for d, answer in zip(news, answers(binary, [(d["doc_id"], d["text"], set()) for d in news])):
            names = {scorer.sp(m["span"]): e["name"] for e in answer["entities"].get("entities", []) for m in e["mentions"]}
            for q in d["quotes"]:
                for b, e, kind in d["entities"]:
                    surface = d["text"][b:e]
                    inside = q["source"] and q["source"][0] <= b and e <= q["source"][1]
                    if inside and q["speaker"] and kind in NAMES and surface != q["speaker"] and data.names_match(surface, q["speaker"]):
                        if (b, e) in names:
                            asked += 1
                            right += data.name_parts(names[b, e]) == data.name_parts(q["speaker"])
        p, r = 100 * p / n, 100 * r / n
        row(name, f"{p:.1f} / {r:.1f} / {2 * p * r / (p + r):.1f}", n, f"{exact} of {total}", f"{right} of {asked}")


def main() -> None:
    binaries = dict(argument.split("=", 1) for argument in sys.argv[1:])
    entities(binaries)
    clusters(binaries)


if __name__ == "__main__":
    main()
