"""What no repository and no other claim of the record decides: listed, not passed.

The seal covers it: it is as it was written, unless somebody sealed the record anew.
"""

import re
from typing import NamedTuple


class Undecided(NamedTuple):
    """Claims that stay open.

    Attributes:
        name: for the case.
        about: what they are about, and why nothing decides them.
        places: JSON pointers (RFC 6901) of the claims in the record; `*` stands for one key or number.
    """

    name: str
    about: str
    places: tuple[str, ...]

    def covers(self, pointer: str) -> bool:
        """Whether a claim of the record, by its JSON pointer, is among them."""
        return any(re.fullmatch(re.escape(place).replace(r"\*", "[^/]+"), pointer) for place in self.places)


UNDECIDED = (Undecided("words-of-the-plan", "names, numbers and reasons that only the plan can give", ()),)
