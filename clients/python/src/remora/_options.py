"""Arguments of the engine as the JSON of its options (remora.h)."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, Literal, cast

from remora import _native
from remora._values import iso, listed, milliseconds, shown
from remora.errors import EngineError

Policy = str | os.PathLike[str] | Mapping[str, Any]
Calendar = str | os.PathLike[str] | Iterable[tuple[Any, Any, str]] | Literal[False]
Outside = Mapping[str, str | os.PathLike[str] | tuple[Iterable[Any], Iterable[Any]]]


def policy_texts(policies: Policy | Sequence[Policy] | None) -> list[str] | None:
    """Returns the names of built-in policies and the JSON of others, or None for the default."""
    if policies is None:
        return None
    several = isinstance(policies, Sequence) and not isinstance(policies, str)
    given = cast("Sequence[Policy]", policies) if several else [cast(Policy, policies)]
    return [_policy_text(policy) for policy in given]


def _policy_text(policy: object) -> str:
    """Returns the name of a built-in policy, or the JSON of another one."""
    if isinstance(policy, Mapping):
        return json.dumps(checked(dict(cast("Mapping[str, Any]", policy))))
    if not isinstance(policy, (str, os.PathLike)):
        raise EngineError("argument", f"a policy is {shown(policy)}: expected a name, a file or a dict")
    known: Sequence[str] = _native.library().description["policies"]
    name = os.fspath(cast("str | os.PathLike[str]", policy))
    if name in known:
        return name
    try:
        return Path(name).read_text(encoding="utf-8-sig")
    except (OSError, ValueError) as error:
        raise EngineError(
            "argument", f"{shown(name)} is not a policy: expected {listed(known)}, or a policy file ({error})"
        ) from None


def with_file(error: EngineError, policies: object) -> EngineError:
    """Names the file of an invalid policy."""
    if error.kind == "options" and str(error).startswith("policy: ") and isinstance(policies, (str, os.PathLike)):
        return EngineError(error.kind, f"{os.fspath(cast(str, policies))}: {error}")
    return error


def name_of(policy: str) -> str:
    """Returns the name of a policy."""
    if not policy.lstrip().startswith("{"):
        return policy
    content: Mapping[str, Any] = json.loads(policy)
    known: Sequence[str] = _native.library().description["policies"]
    return str(content.get("name", known[0]))


def calendar_options(calendar: Any) -> dict[str, Any]:
    """Returns the options of scheduled events."""
    if calendar is None:
        return {}
    if calendar is False:
        return {"shipped_calendar": False}
    if isinstance(calendar, (str, os.PathLike)):
        return {"calendar_file": os.path.abspath(cast("str | os.PathLike[str]", calendar))}
    try:
        return {
            "calendar": [
                {"time": iso(time), "announced": iso(announced), "name": name}
                for time, announced, name in calendar
            ]
        }
    except (TypeError, ValueError):
        raise EngineError(
            "argument", f"calendar is {shown(calendar)}: expected a file, events of (time, announced, name), or False"
        ) from None


def outside_options(outside: Any) -> list[dict[str, Any]]:
    """Returns the option of outside values."""
    if outside is None:
        return []
    if not isinstance(outside, Mapping):
        raise EngineError("argument", f"outside is {shown(outside)}: expected a dict of kinds")
    return [_source(name, source) for name, source in cast("Mapping[Any, Any]", outside).items()]


def _source(name: object, source: Any) -> dict[str, Any]:
    kind, _, base = str(name).partition(":")
    option: dict[str, Any] = {"kind": kind, "base": base or None}
    if isinstance(source, (str, os.PathLike)):
        return {**option, "file": os.path.abspath(cast("str | os.PathLike[str]", source))}
    try:
        times, values = source
        numbers = [float(value) for value in values]
        return {
            **option, "times": [milliseconds(time) for time in times],
            "values": [None if number != number else number for number in numbers]
        }
    except (TypeError, ValueError, OverflowError) as error:
        if isinstance(error, EngineError):
            raise
        raise EngineError(
            "argument", f"outside['{name}'] is {shown(source)}: expected a file, or a pair of times and values"
        ) from None


def checked(options: Any) -> Any:
    """Returns options that JSON can hold."""
    try:
        json.dumps(options, allow_nan=False).encode()
    except (TypeError, ValueError, RecursionError, UnicodeError) as error:
        raise EngineError("argument", f"an argument has a value that is not allowed: {error}") from None
    return options
