"""The one place that knows what time it is."""

from datetime import UTC, datetime


def now() -> datetime:
    """The time, UTC, in whole seconds."""
    return datetime.now(UTC).replace(microsecond=0)


def stamp(moment: datetime) -> str:
    """ISO 8601 with `Z`, as R520 wants it."""
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def precise(moment: datetime) -> str:
    """ISO 8601 with `Z`, to the millisecond."""
    return f"{moment.astimezone(UTC).replace(tzinfo=None).isoformat(timespec='milliseconds')}Z"


def moment(text: str) -> datetime:
    """The time that a stamp says.

    Raises:
        ValueError: the text is no stamp.
    """
    return datetime.strptime(text, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)
