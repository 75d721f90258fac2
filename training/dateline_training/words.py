"""Text to words, wordpieces and case features: the Python twin of src/extraction/{document,tokenizer}.rs."""

import functools
import unicodedata
from dataclasses import dataclass
from pathlib import Path

from tokenizers import Tokenizer, models, normalizers, pre_tokenizers

VOCABULARY = Path(__file__).parents[2] / "model" / "vocab.txt"
CLS, SEP, UNK = 101, 102, 100
SHAPES = ("lower", "title", "upper", "single", "mixed", "alphanumeric", "digits", "other")
GAPS = ("none", "space", "newline", "paragraph")
FEATURES = 1 + len(SHAPES) * 2 * len(GAPS)  # 0 is for special tokens


@functools.cache
def tokenizer() -> Tokenizer:
    vocabulary = {w: i for i, w in enumerate(VOCABULARY.read_text(encoding="utf8").splitlines())}
    t = Tokenizer(models.WordPiece(vocabulary, unk_token="[UNK]", max_input_chars_per_word=100))
    t.normalizer = normalizers.BertNormalizer()
    t.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    return t


def shape(word: str) -> int:
    """Case class of a word as written, an index into SHAPES."""
    letters = [c for c in word if c.isalpha()]
    digits = any(unicodedata.category(c)[0] == "N" for c in word)
    if not letters:
        return 6 if digits else 7
    if digits:
        return 5
    upper = [c.isupper() for c in letters]
    if not any(upper):
        return 0
    if len(letters) == 1:
        return 3
    if all(upper):
        return 2
    return 1 if upper[0] and not any(upper[1:]) else 4


def gap(text: str, begin: int, end: int) -> int:
    """White space between two words, an index into GAPS."""
    if begin == 0:
        return 3
    between = text[begin:end]
    breaks = between.replace("\r\n", "\n").count("\n") + between.replace("\r\n", "").count("\r")
    if breaks:
        return 2 if breaks == 1 else 3
    return 1 if any(c.isspace() for c in between) else 0


def feature(shape_: int, continuation: int, gap_: int) -> int:
    return 1 + (shape_ * 2 + continuation) * len(GAPS) + gap_


@dataclass
class Words:
    """Words of a text: code-point spans, wordpiece ids of each, shape and gap of each."""

    spans: list[tuple[int, int]]
    pieces: list[list[int]]
    shapes: list[int]
    gaps: list[int]


def split(text: str) -> Words:
    encoding = tokenizer().encode(text, add_special_tokens=False)
    spans: list[tuple[int, int]] = []
    pieces: list[list[int]] = []
    last = None
    for piece, word, (begin, end) in zip(encoding.ids, encoding.word_ids, encoding.offsets):
        if word == last:
            pieces[-1].append(piece)
            spans[-1] = (spans[-1][0], end)
        else:
            pieces.append([piece])
            spans.append((begin, end))
            last = word
    ends = [0] + [e for _, e in spans]
    return Words(
        spans,
        pieces,
        [shape(text[b:e]) for b, e in spans],
        [gap(text, ends[i], b) for i, (b, _) in enumerate(spans)],
    )
