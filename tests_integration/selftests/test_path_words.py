"""Paths of any bytes as words for bash: what is written can be read back, and nothing else is read."""

import os
import subprocess

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests_integration.text import path_of_word, shell_word

PATHS = st.binary(min_size=1).filter(lambda path: b"\0" not in path).map(os.fsdecode)


@given(PATHS)
def test_a_word_gives_its_path(path: str) -> None:
    assert path_of_word(shell_word(path)) == path


@given(st.text())
def test_a_word_is_read_only_as_it_is_written(word: str) -> None:
    try:
        path = path_of_word(word)
    except ValueError:
        return
    assert shell_word(path) == word


@pytest.mark.parametrize("word", ["", "a b", "$'\\x4", "$'a'", "'a'", "$'\\n'", "a'", '"a"', "$'", "\udcff"])
def test_other_words_are_refused(word: str) -> None:
    with pytest.raises(ValueError, match=r"is not a path|encode|quotation"):
        path_of_word(word)


@pytest.mark.parametrize("path", ["a b", "it's", "\x01\n", "ü", "a\\b'\udcff", "$'x'"])
def test_bash_reads_the_same(path: str) -> None:
    done = subprocess.run(["bash", "-c", f"printf %s {shell_word(path)}"], capture_output=True, check=True)
    assert os.fsdecode(done.stdout) == path
