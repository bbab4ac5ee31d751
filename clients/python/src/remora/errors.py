"""Errors of the client."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


class RemoraError(Exception):
    """There is no usable answer.

    ``kind`` is unreachable, timeout, status, not_json, not_an_assessment, too_large, breaker_open
    or not_tracked.
    """

    def __init__(
        self, kind: str, message: str, *, status: int | None = None, retry_after: float | None = None,
        problem: Mapping[str, Any] | None = None
    ) -> None:
        super().__init__(message)
        self.kind = kind
        self.status = status
        self.retry_after = retry_after
        self.problem: Mapping[str, Any] = problem or {}

    @property
    def is_callers_fault(self) -> bool:
        """Whether the service works and refused this request. Another request may succeed."""
        if self.kind == "not_tracked":
            return True
        if self.kind != "status" or self.status is None:
            return False
        return 400 <= self.status < 500 and self.status not in (408, 429)

    @property
    def moves_on(self) -> bool:
        """Whether another service may answer the same request."""
        if self.kind == "breaker_open" and isinstance(self.__cause__, RemoraError):
            return self.__cause__.moves_on
        return self.kind != "not_tracked" and not (self.status is not None and 400 <= self.status < 500)


class EngineError(RemoraError, ValueError):
    """The engine refuses an argument, or it is not installed.

    ``kind`` is argument, engine, options, candle, busy, internal (a defect of the engine) or
    not_installed. ``row`` and ``column`` name the place of an invalid candle, where they are known;
    rows count from 0.
    """

    def __init__(self, kind: str, message: str, *, row: int | None = None, column: str | None = None) -> None:
        super().__init__(kind, message)
        self.row = row
        self.column = column
