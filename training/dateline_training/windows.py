"""Windows of whole sentences: what the network reads at a time, in training and (the same cuts as in
src/extraction/encoder.rs) in evaluation."""

from dataclasses import dataclass

import numpy as np

from . import words as w
from .data import Document

LIMIT = 254  # wordpieces in a window of training at most, without [CLS] and [SEP]
READ = 222  # in a window of the service; chosen on dev
CONTEXT = 48  # wordpieces that two windows of a document share at most
LONGEST_SENTENCE = 128  # wordpieces; longer ones are cut
STOPS = set(".!?")


def sentences(words: w.Words, text: str) -> list[tuple[int, int]]:
    """Half-open word ranges, each at most LONGEST_SENTENCE wordpieces long."""
    out, begin, size = [], 0, 0
    for i, pieces in enumerate(words.pieces):
        new = words.gaps[i] >= 2
        if words.gaps[i] == 1 and i and words.shapes[i] not in (0, 7):
            j = i - 1  # step back over closing marks
            while j > begin and text[slice(*words.spans[j])] in "\"'”’)»" and words.gaps[j] == 0:
                j -= 1
            stop = text[slice(*words.spans[j])]
            new = new or (stop in STOPS and not (stop == "." and j and words.shapes[j - 1] == 3))
        if i > begin and (new or size + len(pieces) > LONGEST_SENTENCE):
            out.append((begin, i))
            begin, size = i, 0
        size += len(pieces)
    if words.pieces:
        out.append((begin, len(words.pieces)))
    return out


def cut(
    lengths: list[int], breaks: set[int] = frozenset(), first: int = READ, limit: int = READ, context: int = CONTEXT
) -> list[tuple[int, int]]:
    """Sentence ranges of the windows over sentences of these lengths (wordpieces). Windows end before a sentence of `breaks` (it begins a
    paragraph) where that leaves half of them."""
    out, begin = [], 0
    while begin < len(lengths):
        room = first if not out else limit
        most = begin + 1
        while most < len(lengths) and sum(lengths[begin : most + 1]) <= room:
            most += 1
        enough = (end for end in range(most, begin, -1) if 2 * sum(lengths[begin:end]) >= room)
        end = next((end for end in enough if end in breaks or end == len(lengths)), most)
        out.append((begin, end))
        if end == len(lengths):
            break
        begin = end
        while begin - 1 > out[-1][0] and sum(lengths[begin - 1 : end]) <= context:
            begin -= 1
    return out


def keep(ranges: list[tuple[int, int]], breaks: set[int] = frozenset()) -> list[tuple[int, int]]:
    """Which items of each of these overlapping ranges count: the seam is the first one's end if that is one of `breaks`, else the middle of
    the overlap."""
    inner = [a[1] if a[1] in breaks else (a[1] + b[0] + 1) // 2 for a, b in zip(ranges, ranges[1:])]
    seams = [ranges[0][0]] + inner + [ranges[-1][1]]
    return list(zip(seams, seams[1:]))


@dataclass
class Window:
    """Arrays over wordpieces (with [CLS] and [SEP]) and over words; the targets point at words of the window."""

    ids: np.ndarray
    features: np.ndarray
    word_starts: np.ndarray
    possible: np.ndarray
    quote_tags: np.ndarray | None
    links: list[tuple[int, int, int]]  # (0 content | 1 source, its first word, the cue's first word or -1)
    speakers: list[tuple[int, list[int]]]  # (first word of source or content, first words of naming mentions)
    references: list[tuple[int, list[int], list[int]]]  # (pronoun, its names, others' names)
    soft: tuple | None = None  # the teacher's marginals: entity [words, tags], quote [words, tags]


def window(d: Document, begin: int, end: int, pieces=None, shapes=None, gaps=None) -> Window:
    pieces, shapes, gaps = pieces or d.words.pieces, shapes or d.words.shapes, gaps or d.words.gaps
    ids, features, starts = [w.CLS], [0], []
    for i in range(begin, end):
        starts.append(len(ids))
        for k, piece in enumerate(pieces[i]):
            ids.append(piece)
            features.append(w.feature(shapes[i], int(k > 0), gaps[i]))
    ids.append(w.SEP)
    features.append(0)
    inside = lambda i: begin <= i < end
    within = lambda at: [i - begin for i in at if inside(i)]
    links, speakers = [], []
    for q in d.quotes:
        cue = q.cue[0] - begin if q.cue else -1
        if q.cue is None or inside(q.cue[0]):
            links += [(0, p[0] - begin, cue) for p in q.content if inside(p[0])]
            if q.source and inside(q.source[0]):
                links.append((1, q.source[0] - begin, cue))
        at = q.source[0] if q.source else q.content[0][0]
        if q.speaker_known and inside(at):
            speakers.append((at - begin, within(q.speaker)))
    references = [(r.pronoun - begin, within(r.names), within(r.others)) for r in d.references
                  if inside(r.pronoun) and (within(r.names) or not r.names)]
    return Window(
        np.array(ids), np.array(features), np.array(starts), d.possible[begin:end],
        None if d.quote_tags is None else d.quote_tags[begin:end], links, speakers, references,
    )
