"""What can go wrong between a bot and the service."""

from __future__ import annotations

from typing import Any, Mapping, Optional


class RemoraError(Exception):
    """No usable answer. ``kind`` is one of unreachable, timeout, status, not_json, not_an_assessment, too_large, breaker_open, not_tracked."""

    def __init__(
        self, kind: str, message: str, *, status: Optional[int] = None, retry_after: Optional[float] = None, problem: Optional[Mapping[str, Any]] = None
    ) -> None:
        super().__init__(message)
        self.kind = kind
        self.status = status
        self.retry_after = retry_after
        self.problem: Mapping[str, Any] = problem or {}

    @property
    def is_callers_fault(self) -> bool:
        """The service is well and refused this question: asking for something else may work."""
        if self.kind == "not_tracked":
            return True
        return self.kind == "status" and self.status is not None and 400 <= self.status < 500 and self.status not in (408, 429)
