"""python -m dateline_training.average A.pt B.pt ... --out C.pt: the mean of checkpoints that began from one (model soup; Wortsman et al. 2022)."""

import argparse
from pathlib import Path

import torch


def main() -> None:
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("checkpoints", type=Path, nargs="+")
    p.add_argument("--out", type=Path, required=True)
    a = p.parse_args()
    all_ = [torch.load(c) for c in a.checkpoints]
    mean = lambda name: torch.stack([c[name].float() for c in all_]).mean(0)
    torch.save({k: mean(k) if v.dtype.is_floating_point else v for k, v in all_[0].items()}, a.out)


if __name__ == "__main__":
    main()
