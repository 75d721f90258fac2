"""python -m dateline_training.train --encoder minilm --out RUN: trains the network; a checkpoint after every epoch."""

import argparse
import json
import random
import time
from pathlib import Path

import numpy as np
import torch

from . import augment, data, evaluate, model, windows
from .data import ENTITY_TAGS, QUOTE_TAGS

NAMED = [ENTITY_TAGS.index(f"B-{t}") for t in ("PERSON", "ORG", "GPE", "NORP", "FAC", "LOC", "WORK_OF_ART", "PRODUCT")]


def cut_document(d: data.Document, rng: random.Random, names: augment.Names | None, swap: float) -> list[windows.Window]:
    """One pass over a document: fresh copies, fresh cuts."""
    pieces, shapes, gaps = list(d.words.pieces), list(d.words.shapes), list(d.words.gaps)
    parts = windows.sentences(d.words, d.text)
    if names and rng.random() < swap:
        names.swap(d, rng, 0.7, pieces, shapes)
    for begin, end in parts:
        if rng.random() < 0.03:
            augment.recase(pieces, shapes, rng, begin, end)
    if rng.random() < 0.02:
        augment.recase(pieces, shapes, rng, 0, len(pieces))
    if rng.random() < 0.3:
        augment.requote(pieces, rng)
    if rng.random() < 0.15:
        gaps = [min(g, 1) for g in gaps]
    lengths = [sum(len(pieces[k]) for k in range(a, b)) for a, b in parts]
    cuts = windows.cut(lengths, first=rng.randint(96, windows.LIMIT), limit=windows.LIMIT, context=0)
    return [windows.window(d, parts[a][0], parts[b - 1][1], pieces, shapes, gaps) for a, b in cuts if b > a]


def batches(items: list[windows.Window], rng: random.Random, budget: int) -> list[list[windows.Window]]:
    """Windows of like length together, at most `budget` wordpieces with their padding."""
    items = sorted(items, key=lambda x: (len(x.ids) // 16, rng.random()))
    out, one = [], []
    for x in items:
        if one and max(len(x.ids), len(one[-1].ids)) * (len(one) + 1) > budget:
            out.append(one)
            one = []
        one.append(x)
    out.append(one)
    rng.shuffle(out)
    return out


def collate(items: list[windows.Window]) -> dict:
    pieces, words = max(len(x.ids) for x in items), max(len(x.word_starts) for x in items)
    def stack(rows, size, fill=0, kind=np.int64):
        out = np.full((len(rows), size, *rows[0].shape[1:]), fill, kind)
        for o, r in zip(out, rows):
            o[: len(r)] = r
        return torch.from_numpy(out)
    blank = lambda x: np.zeros(len(x.word_starts), np.int64)
    targets = []
    for x in items:
        cues = [] if x.quote_tags is None else np.flatnonzero(x.quote_tags == QUOTE_TAGS.index("B-cue")).tolist()
        certain = x.possible.sum(1) == 1
        names = np.flatnonzero(certain & x.possible[:, NAMED].any(1)).tolist()
        links = [(r, i, c) for r, i, c in x.links if c < 0 or c in cues]
        targets.append((links, [(i, who, names) for i, who in x.speakers] + [
            (i, who, who + others) for i, who, others in x.references], cues))
    return {
        "ids": stack([x.ids for x in items], pieces),
        "features": stack([x.features for x in items], pieces),
        "mask": stack([np.ones(len(x.ids), bool) for x in items], pieces, False, bool),
        "word_starts": stack([x.word_starts for x in items], words),
        "word_mask": stack([np.ones(len(x.word_starts), bool) for x in items], words, False, bool),
        "possible": stack([x.possible for x in items], words, True, bool),
        "quotes": stack([blank(x) if x.quote_tags is None else x.quote_tags for x in items], words),
        "has_quotes": torch.tensor([x.quote_tags is not None for x in items]),
        "has_links": any(x.links or x.speakers or x.references for x in items),
        "targets": targets,
        "soft": None if any(x.soft is None for x in items) else tuple(
            stack([x.soft[k].astype(np.float32) for x in items], words, 0, np.float32) for k in (0, 1)),
    }


def losses(net: model.Network, batch: dict, link_weight: float, soft_weight: float) -> torch.Tensor:
    with torch.autocast("cpu", torch.bfloat16):
        entity, quote, vectors = net(batch["ids"], batch["features"], batch["mask"].long(), batch["word_starts"])
    mask = batch["word_mask"]
    loss = net.entity_crf.loss(entity, batch["possible"], mask) / mask.sum()
    have = batch["has_quotes"]
    if have.any():
        gold = torch.nn.functional.one_hot(batch["quotes"][have], len(QUOTE_TAGS)).bool()
        loss = loss + net.quote_crf.loss(quote[have], gold, mask[have]) / mask[have].sum()
    if batch["has_links"]:
        loss = loss + link_weight * net.link_loss(vectors, batch)
    if batch["soft"] is not None and soft_weight:
        for crf, scores, soft in zip((net.entity_crf, net.quote_crf), (entity, quote), batch["soft"]):
            loss = loss + soft_weight * crf.distil_loss(scores, soft, mask) / mask.sum()
    return loss


class Fitter:
    """One run of the optimiser: linear warm-up over 6 % of the steps, linear decay, averaged weights."""

    def __init__(self, net: model.Network, total: int, rate: float, head_rate: float, decay: float):
        slow = [q for n, q in net.named_parameters() if n.startswith("encoder")]
        fast = [q for n, q in net.named_parameters() if not n.startswith("encoder")]
        groups = [{"params": slow, "lr": rate}, {"params": fast, "lr": head_rate}]
        self.optimiser = torch.optim.AdamW(groups, weight_decay=0.01, betas=(0.9, 0.98))
        warm = max(1, int(0.06 * total))
        self.schedule = torch.optim.lr_scheduler.LambdaLR(
            self.optimiser, lambda s: min((s + 1) / warm, max(0.0, (total - s) / (total - warm))))
        self.net, self.total, self.decay = net, total, decay
        self.averaged = {k: v.clone() for k, v in net.state_dict().items()}
        self.step, self.began, self.running = 0, time.time(), 0.0

    def fit(self, batch: list[windows.Window], link_weight: float, soft_weight: float) -> None:
        self.net.train()
        loss = losses(self.net, collate(batch), link_weight, soft_weight)
        self.optimiser.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(self.net.parameters(), 1.0)
        self.optimiser.step()
        self.schedule.step()
        self.step += 1
        decay = min(self.decay, (self.step + 1) / (self.step + 10))
        for k, v in self.net.state_dict().items():
            if v.dtype.is_floating_point:
                self.averaged[k].lerp_(v, 1 - decay)
        self.running += (loss.item() - self.running) / min(self.step, 100)
        if self.step % 50 == 0:
            pace = (time.time() - self.began) / self.step
            print(f"step {self.step}/{self.total} loss {self.running:.4f} {pace:.2f} s/step", flush=True)

    def save(self, out: Path, dev: list[dict]) -> None:
        """Writes the averaged weights and prints their figures on dev."""
        torch.save(self.averaged, out / "weights.pt")
        saved = {k: v.clone() for k, v in self.net.state_dict().items()}
        self.net.load_state_dict(self.averaged)
        print(f"step {self.step}", json.dumps(evaluate.spans(self.net, dev)), flush=True)
        self.net.load_state_dict(saved)


def main() -> None:
    p = argparse.ArgumentParser(description=__doc__)
    p.add_argument("--encoder", choices=("minilm", "mpnet"), default="minilm")
    p.add_argument("--weights", type=Path, help="folder of the pretrained encoder")
    p.add_argument("--out", type=Path, required=True)
    p.add_argument("--init", type=Path, help="checkpoint to go on from")
    p.add_argument("--epochs", type=int, default=5)
    p.add_argument("--rate", type=float, default=3e-4)
    p.add_argument("--head-rate", type=float, default=1.5e-3)
    p.add_argument("--budget", type=int, default=2048, help="wordpieces in a batch")
    p.add_argument("--own-copies", type=int, default=2)
    p.add_argument("--open-share", type=float, default=1.0, help="share of the open sets read in an epoch")
    p.add_argument("--swap", type=float, default=0.5, help="share of document copies with other names")
    p.add_argument("--link-weight", type=float, default=0.1, help="weight of the link loss")
    p.add_argument("--soft-weight", type=float, default=1.0, help="weight of a teacher's marginals, where there are any")
    p.add_argument("--references", action="store_true", help="also learn from pronouns and descriptions (GAP, GUM)")
    p.add_argument("--average", type=float, default=0.999, help="decay of the averaged weights that are saved")
    p.add_argument("--seed", type=int, default=1)
    p.add_argument("--limit-steps", type=int)
    a = p.parse_args()

    torch.manual_seed(a.seed)
    rng = random.Random(a.seed)
    a.out.mkdir(parents=True, exist_ok=True)
    own = [data.news_document(d) for d in data.news_raw("train")]
    dev = data.news_raw("dev")
    open_ = [d for s in data.OPEN_SETS for d in data.open_set(s)]
    open_ += data.pronouns("dev") + data.chains() if a.references else []
    names = augment.Names(own + open_)
    net = getattr(model, a.encoder)(a.weights)
    if a.init:
        net.load_state_dict(torch.load(a.init), strict=False)

    def epoch_batches():
        items = [x for _ in range(a.own_copies) for d in own for x in cut_document(d, rng, names, a.swap)]
        for d in open_:
            if rng.random() < a.open_share:
                items += cut_document(d, rng, names, a.swap / 2)
        return batches(items, rng, a.budget)

    todo = epoch_batches()
    total = a.limit_steps or len(todo) * a.epochs
    print(f"{len(own)} own documents, {len(open_)} open, {len(todo)} batches an epoch, {total} steps", flush=True)
    fitter = Fitter(net, total, a.rate, a.head_rate, a.average)
    for epoch in range(a.epochs):
        for batch in todo[: total - fitter.step]:
            fitter.fit(batch, a.link_weight, a.soft_weight)
        fitter.save(a.out, dev)
        if epoch + 1 < a.epochs and fitter.step < total:
            todo = epoch_batches()


if __name__ == "__main__":
    main()
