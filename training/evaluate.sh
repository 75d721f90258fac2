#!/bin/sh
# Figures of the shipped binary on the dev part (every tenth document) of ../shared/data/news.
set -eu
cd "$(dirname "$0")/.."
mkdir -p target/evaluate
python3 - <<'PY'
import glob, json
with open("target/evaluate/gold.jsonl", "w") as gold, open("target/evaluate/documents.jsonl", "w") as documents:
    for path in sorted(glob.glob("../shared/data/news/*.jsonl")):
        for line in list(open(path, encoding="utf8"))[::10]:
            d = json.loads(line)
            gold.write(line)
            documents.write(json.dumps({"documentId": d["doc_id"], "text": d["text"]}) + "\n")
PY
cargo run --release --quiet -- extract --jsonl target/evaluate/documents.jsonl > target/evaluate/answers.jsonl
python3 ../shared/tools/score_json.py target/evaluate/gold.jsonl target/evaluate/answers.jsonl
