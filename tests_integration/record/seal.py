"""The seal of a record: a digest over all that it says, so that a later change of any claim shows."""

import hashlib
import json
from typing import Any

from tests_integration.record.model import Record

SEAL = "digest"


def digest(said: dict[str, Any]) -> str:
    r"""SHA-256, in hexadecimal, of a record without its own `digest`.

    What is hashed is the JSON with sorted keys (by code point), no spaces between its parts, no `\u` escapes but those
    that JSON asks for, in UTF-8. It shows what was changed by mistake or in haste; it is no signature, and whoever
    changes a record may seal it anew.
    """
    bare = {key: value for key, value in said.items() if key != SEAL}
    text = json.dumps(bare, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(text.encode(errors="surrogatepass")).hexdigest()


def sealed(record: Record) -> Record:
    """The record with its digest."""
    return record.model_copy(update={SEAL: digest(json.loads(record.model_dump_json(by_alias=True)))})
