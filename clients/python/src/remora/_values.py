"""Times and texts of arguments, and the kinds of JSON values."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timezone
from decimal import Decimal
from numbers import Real
from typing import Any, cast

from remora.errors import EngineError

_EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)


def json_object(value: Any) -> dict[str, Any] | None:
    """Returns a JSON object, or None for another value."""
    return cast("dict[str, Any]", value) if isinstance(value, dict) else None


def json_list(value: Any) -> list[Any] | None:
    """Returns a JSON array, or None for another value."""
    return cast("list[Any]", value) if isinstance(value, list) else None


def milliseconds(time: Any) -> int:
    """Returns Unix milliseconds of a datetime (naive: UTC), a numpy datetime64 or a whole number."""
    if isinstance(time, datetime):
        try:
            span = (time if time.tzinfo else time.replace(tzinfo=timezone.utc)) - _EPOCH
        except (OverflowError, ValueError, TypeError):  # NaT, or a zone that leaves the range of datetimes
            raise _not_a_time(time) from None
        return (span.days * 86_400 + span.seconds) * 1000 + span.microseconds // 1000
    if type(time).__module__ == "numpy" and type(time).__name__ == "datetime64":
        return int(time.astype("datetime64[ms]").astype("int64"))
    if not isinstance(time, bool) and isinstance(time, Real):
        number = float(time)
        if number.is_integer() and abs(number) < 2**53:
            return int(number)
    raise _not_a_time(time)


def iso(time: Any) -> str:
    """Returns a time in ISO-8601."""
    if isinstance(time, str):
        return time
    if isinstance(time, datetime):
        aware = time if time.tzinfo else time.replace(tzinfo=timezone.utc)
        return aware.astimezone(timezone.utc).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    if isinstance(time, date):
        return time.isoformat()
    raise _not_a_time(time)


def ratio(name: str, value: float | None) -> str | None:
    """Returns a ratio as text without an exponent. Raises ValueError for other numbers."""
    if value is None:
        return None
    if not 0 < value < 1:
        raise ValueError(f"{name} is {value!r}: expected a ratio above 0 and below 1, such as 0.03 for 3 %")
    return format(Decimal(repr(float(value))), "f")


def shown(value: object) -> str:
    """Returns a value for a message, shortened."""
    try:
        text = repr(value)
    except Exception as error:  # the value's own code
        text = f"{type(value).__name__} ({type(error).__name__})"
    return text if len(text) <= 80 else text[:79] + "…"


def listed(names: Sequence[str]) -> str:
    """Returns names as ``a, b or c``."""
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} or {names[-1]}"


def _not_a_time(time: object) -> EngineError:
    return EngineError("argument", f"{shown(time)} is not a time: expected a datetime or whole Unix milliseconds")
