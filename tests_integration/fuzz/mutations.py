"""Bytes that are nearly right: seeds with a few pieces cut out and others put in."""

from collections.abc import Sequence

from hypothesis import strategies as st

Edit = tuple[int, int, bytes]
"""Where, how many bytes are cut out, and what is put in their place."""


def mutated(seeds: Sequence[bytes], words: Sequence[bytes]) -> st.SearchStrategy[bytes]:
    """Any bytes, words in a row, and seeds with up to eight edits."""
    piece = st.one_of(st.sampled_from(words), st.binary(max_size=8), st.text(max_size=4).map(_encoded))
    edit = st.tuples(st.integers(0, 1 << 14), st.integers(0, 40), piece)
    changed = st.builds(_edited, st.sampled_from(seeds), st.lists(edit, max_size=8))
    return st.one_of(changed, changed, st.lists(piece, max_size=12).map(b"".join), st.binary(max_size=300))


def _encoded(text: str) -> bytes:
    return text.encode(errors="surrogatepass")


def _edited(seed: bytes, edits: list[Edit]) -> bytes:
    for at, cut, piece in edits:
        place = at % (len(seed) + 1)
        seed = seed[:place] + piece + seed[place + cut :]
    return seed
