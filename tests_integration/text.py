"""Makes text from strangers fit to be shown: logs, what git and remotes say."""

import re
import shlex

FIRST_PRINTABLE, LAST_PRINTABLE = 0x20, 0x7E


def visible(text: str) -> str:
    """The text with control, formatting and direction characters written out, so that none acts; lines stay lines."""
    if text.replace("\n", "").replace("\t", "").isprintable():
        return text
    return "".join(
        character if character.isprintable() or character in "\n\t" else _written(character) for character in text
    )


def _written(character: str) -> str:
    return repr(character)[1:-1]


def counted(count: int, word: str) -> str:
    """So many of something: `1 line`, `2 lines`."""
    return f"{count} {word}" if count == 1 else f"{count} {word}s"


def size(count: int) -> str:
    """Bytes for people: `512 bytes`, `1.5 GiB`."""
    units = ("bytes", "KiB", "MiB", "GiB", "TiB")
    place = min(max(count.bit_length() - 1, 0) // 10, len(units) - 1)
    return f"{count} bytes" if not place else f"{count / (1 << 10 * place):.1f} {units[place]}"


def shell_word(path: str) -> str:
    """A path of any bytes (undecodable ones as surrogates) as one word for bash, itself printable text."""
    if path.isprintable():
        return shlex.quote(path)
    written = "".join(
        f"\\x{byte:02x}" if byte < FIRST_PRINTABLE or byte > LAST_PRINTABLE or byte in b"'\\" else chr(byte)
        for byte in path.encode(errors="surrogateescape")
    )
    return f"$'{written}'"


def clipped(text: str, length: int) -> str:
    """The text, no longer than so many characters and a note of how many were left out."""
    return text if len(text) <= length else f"{text[:length]}… ({counted(len(text) - length, 'character')} more)"


def path_of_word(word: str) -> str:
    """The path that `shell_word` wrote; its inverse.

    Raises:
        ValueError: `shell_word` writes no such word.
    """
    path = _unwritten(word[2:-1]) if word.startswith("$'") else "".join(shlex.split(word))
    if shell_word(path) != word:
        raise ValueError(f"{word!r} is not a path as the record writes one")
    return path


def _unwritten(text: str) -> str:
    raw = re.sub(rb"\\x([0-9a-f]{2})", lambda found: bytes.fromhex(found[1].decode()), text.encode())
    return raw.decode(errors="surrogateescape")


def without_password(text: str) -> str:
    """The text with the user part of every URL taken out."""
    return re.sub(r"(?<=://)[^/\s]+@", "", text) if "@" in text else text
