"""The assessment that the service returns."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Dict, Mapping, Optional, Tuple

from remora.errors import RemoraError


@dataclass(frozen=True)
class Assessment:
    """The assessment of an entry. Unknown values are None.

    When ``answered`` is False, the client decided by ``on_error``, and ``error`` is the reason.
    """

    pair: Optional[str]
    safe_to_trade: bool
    answered: bool = True
    error: Optional[str] = None
    side: Optional[str] = None
    recommendation: Optional[str] = None
    risk_score: Optional[float] = None
    risk_class: Optional[str] = None
    risk_confidence: Optional[float] = None
    position_scale: Optional[float] = None
    blocked_by: Tuple[str, ...] = ()
    reasoning: Tuple[str, ...] = ()
    regime: Optional[str] = None
    volatility: Optional[float] = None
    volatility_classification: Optional[str] = None
    trend_classification: Optional[str] = None
    momentum_classification: Optional[str] = None
    exchange: Optional[str] = None
    timeframe: Optional[str] = None
    as_of: Optional[datetime] = None
    age_seconds: Optional[float] = None
    stale: Optional[bool] = None
    state: Optional[str] = None
    """Whether the assessment can be relied on: ok, warming_up, stale or unknown.

    None from a service that does not report it.
    """
    policy: Optional[str] = None
    model: Optional[str] = None
    raw: Mapping[str, Any] = field(default_factory=dict, repr=False, compare=False)
    """The complete answer."""

    @property
    def lacks_market_data(self) -> bool:
        """Whether the answer allows entries without current market data."""
        return self.safe_to_trade and self.state == "unknown"

    @property
    def why(self) -> str:
        """The assessment as one line for a log."""
        if self.error:
            return self.error
        what = ", ".join(self.blocked_by)
        return ": ".join(part for part in (what, *self.reasoning[:1]) if part)

    @staticmethod
    def from_json(answer: Any) -> "Assessment":
        """Parses an answer. Raises RemoraError for anything that is not a valid assessment."""
        if not isinstance(answer, dict):
            raise _unexpected("the answer is not an object")
        safe = answer.get("safe_to_trade")
        if not isinstance(safe, bool):
            raise _unexpected(f"safe_to_trade is {safe!r}, expected true or false")
        values: Dict[str, Any] = {name: _text(answer, name) for name in _TEXTS}
        values.update({name: _number(answer, name) for name in _NUMBERS})
        scale = values["position_scale"]
        if scale is not None and not 0 <= scale <= 1:
            raise _unexpected(f"position_scale is {scale!r}, expected 0 to 1")
        stale = answer.get("stale")
        if stale is not None and not isinstance(stale, bool):
            raise _unexpected(f"stale is {stale!r}, expected true or false")
        return Assessment(
            safe_to_trade=safe, stale=stale, as_of=_time(answer, "as_of"), blocked_by=_texts(answer, "blocked_by"),
            reasoning=_texts(answer, "reasoning"), raw=answer, **values
        )


_TEXTS = (
    "pair", "side", "recommendation", "risk_class", "regime", "volatility_classification", "trend_classification",
    "momentum_classification", "exchange", "timeframe",
    "state", "policy", "model",
)
_NUMBERS = ("risk_score", "risk_confidence", "position_scale", "volatility", "age_seconds")


def _unexpected(what: str) -> RemoraError:
    return RemoraError("not_an_assessment", f"the answer is not an assessment: {what}")


def _text(answer: Mapping[str, Any], name: str) -> Optional[str]:
    value = answer.get(name)
    if value is None or isinstance(value, str):
        return value
    raise _unexpected(f"{name} is {value!r}, expected a string")


def _number(answer: Mapping[str, Any], name: str) -> Optional[float]:
    value = answer.get(name)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise _unexpected(f"{name} is {value!r}, expected a number")
    return float(value)


def _texts(answer: Mapping[str, Any], name: str) -> Tuple[str, ...]:
    value = answer.get(name)
    if value is None:
        return ()
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        raise _unexpected(f"{name} is {value!r}, expected a list of strings")
    return tuple(value)


def _time(answer: Mapping[str, Any], name: str) -> Optional[datetime]:
    text = _text(answer, name)
    if text is None:
        return None
    try:
        return datetime.fromisoformat(text.replace("Z", "+00:00"))
    except ValueError:
        raise _unexpected(f"{name} is {text!r}, expected a time") from None
