"""python calibrate.py GOLD.jsonl ANSWERS.jsonl [--write]: reliability of the scores of mentions, quotes and speakers.

Prints the expected calibration error (ECE, 15 bins; Guo et al. 2017) of the answers' scores as they are, and of curves fitted on one
half of the documents and measured on the other. `--write` fits curves on all and writes ../model/calibration.json.
"""

import json
import math
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2] / "shared" / "tools"))
import score_json as scorer  # noqa: E402

FILE = Path(__file__).parents[1] / "model" / "calibration.json"
BINS = 15
KINDS = ("mention", "quote", "speaker", "told")
# Speakers that no link points at have one of these scores (src/extraction/quotes/speakers.rs), which no curve changes.
FIXED = (0.94, 0.76, 0.38)


def outcomes(gold: dict, answer: dict) -> dict[str, list[tuple[float, bool]]]:
    """Score and rightness of every mention of the network's types, quote, and speaker of a quote that was found."""
    entities = {tuple(e) for e in gold["entities"]}
    out = {kind: [] for kind in KINDS}
    for e in answer["entities"].get("entities", []):
        kind = e["type"].removeprefix("ENTITY_TYPE_")
        kind = scorer.MAP.get(kind, kind)
        if kind in scorer.T19:
            out["mention"] += [(m["score"], (*scorer.sp(m["span"]), kind) in entities) for m in e["mentions"]]
    quotes = answer["quotes"].get("quotes", [])
    contents = [[scorer.sp(c) for c in q["content"]] for q in quotes]
    found = {}
    for q in gold["quotes"]:
        free = [i for i in range(len(quotes)) if i not in found]
        best = max(free, key=lambda i: scorer.iou(q["content"], contents[i]), default=None)
        if best is not None and scorer.iou(q["content"], contents[best]) >= 0.5:
            found[best] = q
    for i, q in enumerate(quotes):
        out["quote"].append((q["score"], i in found))
        if i in found and found[i]["speaker"] and q.get("speaker"):
            score = q["speaker"]["score"]
            kind = "told" if round(score, 6) in FIXED else "speaker"
            out[kind].append((score, scorer.same(q["speaker"]["name"], found[i]["speaker"])))
    return out


def log_odds(p: float) -> float:
    p = min(max(p, 1e-6), 1 - 1e-6)
    return math.log(p / (1 - p))


def sigmoid(x: float) -> float:
    return 1 / (1 + math.exp(-max(-40.0, min(40.0, x))))


def fit(pairs: list[tuple[float, bool]]) -> tuple[float, float]:
    """Slope and offset of the most likely logistic curve over log-odds (Newton's method)."""
    a, b = 1.0, 0.0
    for _ in range(50):
        g = [0.0, 0.0]
        h = [1e-6, 0.0, 1e-6]
        for x, y in pairs:
            p = sigmoid(a * x + b)
            w = p * (1 - p)
            g[0] += (p - y) * x
            g[1] += p - y
            h[0] += w * x * x
            h[1] += w * x
            h[2] += w
        det = h[0] * h[2] - h[1] * h[1]
        short = lambda step: max(-0.3, min(0.3, step))  # full steps overshoot
        a -= short((h[2] * g[0] - h[1] * g[1]) / det)
        b -= short((h[0] * g[1] - h[1] * g[0]) / det)
    return round(a, 4), round(b, 4)


def bins(pairs: list[tuple[float, bool]]) -> list[tuple[float, float, int]]:
    """Mean score, share right and count of each bin that has any."""
    filled = [[(p, y) for p, y in pairs if min(int(p * BINS), BINS - 1) == k] for k in range(BINS)]
    return [(sum(p for p, _ in b) / len(b), sum(y for _, y in b) / len(b), len(b)) for b in filled if b]


def error(pairs: list[tuple[float, bool]]) -> float:
    return 100 * sum(n * abs(p - y) for p, y, n in bins(pairs)) / max(1, len(pairs))


def main() -> None:
    gold = [json.loads(line) for line in open(sys.argv[1], encoding="utf8")]
    answers = {a["documentId"]: a for a in map(json.loads, open(sys.argv[2], encoding="utf8"))}
    halves = [{kind: [] for kind in KINDS} for _ in range(2)]
    for i, d in enumerate(gold):
        for kind, pairs in outcomes(d, answers[d["doc_id"]]).items():
            halves[i % 2][kind] += pairs
    curves = json.loads(FILE.read_text())
    print("| | answers | ECE as shipped | ECE of curves fitted on the other half |\n|---|---|---|---|")
    for kind, (a, b) in curves.items():
        raw = [[((log_odds(p) - b) / a, y) for p, y in half[kind]] for half in halves]
        crossed = []
        for half, other in ((0, 1), (1, 0)):
            slope, offset = fit(raw[other])
            crossed += [(sigmoid(slope * x + offset), y) for x, y in raw[half]]
        shipped = halves[0][kind] + halves[1][kind]
        print(f"| {kind} | {len(shipped)} | {error(shipped):.1f} | {error(crossed):.1f} |")
        curves[kind] = fit(raw[0] + raw[1])
    told = halves[0]["told"] + halves[1]["told"]
    print(f"| speaker told without a link | {len(told)} | {error(told):.1f} | |")
    for kind in KINDS:
        print(f"\n{kind}: mean score, share right, answers")
        for p, y, n in bins(halves[0][kind] + halves[1][kind]):
            print(f"  {p:.2f} {y:.2f} {n:5} {'#' * round(50 * y)}")
    if "--write" in sys.argv:
        FILE.write_text(json.dumps(curves) + "\n")


if __name__ == "__main__":
    main()
