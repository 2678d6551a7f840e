"""Makes text from strangers fit to be shown: logs, what git and remotes say."""


def visible(text: str) -> str:
    """The text with control, formatting and direction characters written out, so that none acts; lines stay lines."""
    return "".join(
        character if character.isprintable() or character in "\n\t" else _written(character) for character in text
    )


def _written(character: str) -> str:
    return repr(character)[1:-1]
