"""python -m dateline_training.distil TEACHER.pt --weights ... --init STUDENT.pt --out RUN: trains the student on labels and on
the teacher's marginals together (Hinton et al. 2015), on the training sets and on unlabelled news.

The teacher reads fixed cuts of every document once; its marginals are kept as float16, the largest few a word.
"""

import argparse
import gzip
import pickle
import random
from pathlib import Path

import numpy as np
import torch

from . import data, model, train, windows, words


def unlabelled(share: float, rng: random.Random) -> list[data.Document]:
    """Voice of America and Current Events, as documents without labels."""
    texts = []
    with gzip.open(data.SHARED / "text" / "voa.txt.gz", "rt", encoding="utf8") as lines:
        sentences = [line.strip() for line in lines if line.strip()]
    texts += ["\n".join(sentences[i : i + 12]) for i in range(0, len(sentences), 12)]
    texts += [d["text"] for d in data.read(data.SHARED / "text" / "current_events.jsonl.gz")]
    documents = []
    for i, text in enumerate(t for t in texts if rng.random() < share):
        split = words.split(text)
        if split.spans:
            documents.append(data.Document(f"text-{i}", text, split, data.unlabelled_tags(split), None))
    return documents


def held_out(documents: list[data.Document], dev: list[dict]) -> list[data.Document]:
    """Leaves out texts that share a sentence with dev."""
    lines = {line.strip() for d in dev for line in d["text"].splitlines() if len(line) > 40}
    return [d for d in documents if not any(line.strip() in lines for line in d.text.splitlines())]


def marginals(crf: model.Crf, scores: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
    """Probability of each tag at each word: the gradient of log Z in the scores."""
    with torch.enable_grad():
        scores = scores.detach().requires_grad_()
        return torch.autograd.grad(crf.log_z(scores, mask).sum(), scores)[0]


@torch.no_grad()
def teach(teacher: model.Network, items: list[windows.Window], budget: int, rng: random.Random) -> None:
    """Writes the teacher's marginals into the windows."""
    teacher.eval()
    groups = train.batches(items, rng, budget)
    for i, group in enumerate(groups):
        batch = train.collate(group)
        with torch.autocast("cpu", torch.bfloat16):
            entity, quote, _ = teacher(batch["ids"], batch["features"], batch["mask"].long(), batch["word_starts"])
        both = (marginals(teacher.entity_crf, entity, batch["word_mask"]),
                marginals(teacher.quote_crf, quote, batch["word_mask"]))
        for k, x in enumerate(group):
            n = len(x.word_starts)
            x.soft = tuple(p[k, :n].clamp(0, 1).numpy().astype(np.float16) for p in both)
        if i % 50 == 0:
            print(f"taught {i}/{len(groups)}", flush=True)


def lesson(a: argparse.Namespace, dev: list[dict], rng: random.Random) -> list[windows.Window]:
    """The windows with the teacher's marginals, kept in the run's folder for other students."""
    own = [data.news_document(d) for d in data.news_raw("train")]
    others = [d for s in data.OPEN_SETS for d in data.open_set(s) if rng.random() < a.open_share]
    others += held_out(unlabelled(a.text_share, rng), dev)
    names = train.augment.Names(own)
    items = [x for _ in range(a.copies) for d in own for x in train.cut_document(d, rng, names, 0.4)]
    items += [x for d in others for x in train.cut_document(d, rng, names, 0.0)]
    teacher = model.mpnet(a.teacher_weights)
    teacher.load_state_dict(torch.load(a.teacher), strict=False)
    teach(teacher, items, 4096, rng)
    (a.out / "windows.pkl").write_bytes(pickle.dumps(items))
    return items


def main() -> None:
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("teacher", type=Path)
    p.add_argument("--teacher-weights", type=Path, required=True)
    p.add_argument("--weights", type=Path, required=True)
    p.add_argument("--init", type=Path, required=True)
    p.add_argument("--out", type=Path, required=True)
    p.add_argument("--layers", default="0,1,2,3,4,5", help="layers of the checkpoint that the student keeps")
    p.add_argument("--text-share", type=float, default=0.5)
    p.add_argument("--open-share", type=float, default=0.5)
    p.add_argument("--copies", type=int, default=2, help="cuts of our own documents")
    p.add_argument("--epochs", type=int, default=2)
    p.add_argument("--rate", type=float, default=2e-4)
    p.add_argument("--head-rate", type=float, default=1e-3)
    p.add_argument("--soft-weight", type=float, default=1.0)
    p.add_argument("--link-weight", type=float, default=0.3)
    p.add_argument("--lesson", type=Path, help="windows.pkl of an earlier run, whose teacher need not read again")
    p.add_argument("--seed", type=int, default=4)
    a = p.parse_args()
    torch.manual_seed(a.seed)
    rng = random.Random(a.seed)
    a.out.mkdir(parents=True, exist_ok=True)
    dev = data.news_raw("dev")
    items = pickle.loads(a.lesson.read_bytes()) if a.lesson else lesson(a, dev, rng)
    # Pronouns need no teacher.
    references = [x for d in held_out(data.chains(), dev) + data.pronouns("dev")
                  for x in train.cut_document(d, rng, None, 0.0)]
    kept = [int(i) for i in a.layers.split(",")]
    student = model.minilm(a.weights, len(kept))
    student.load_state_dict(model.keep_layers(torch.load(a.init), kept), strict=False)
    schedule = []
    for _ in range(a.epochs):
        todo = train.batches(items, rng, 2048) + train.batches(references, rng, 2048)
        rng.shuffle(todo)
        schedule += todo
    print(f"{len(items)} windows, {len(schedule)} steps", flush=True)
    fitter = train.Fitter(student, len(schedule), a.rate, a.head_rate, 0.999)
    for batch in schedule:
        fitter.fit(batch, a.link_weight, a.soft_weight)
        if fitter.step % 1000 == 0 or fitter.step == len(schedule):
            fitter.save(a.out, dev)


if __name__ == "__main__":
    main()
