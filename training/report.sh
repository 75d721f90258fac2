#!/bin/sh
# Every figure of docs/accuracy.md, as Markdown: entities, clusters, quotes, calibration.
# report.sh NAME=BINARY ... puts binaries (absolute paths) side by side; without, the release build alone.
set -eu
cd "$(dirname "$0")"
sh evaluate.sh > /dev/null
[ $# -gt 0 ] || set -- today="$PWD/../target/release/dateline"
PYTHONPATH=. .venv/bin/python accuracy.py "$@"
for last in "$@"; do :; done
python3 quote_figures.py "${last#*=}"
python3 calibrate.py ../target/evaluate/gold.jsonl ../target/evaluate/answers.jsonl
