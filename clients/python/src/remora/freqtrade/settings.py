"""The settings of the guard.

They come from the ``remora`` attribute of a strategy, and from "remora" in Freqtrade's
configuration, which takes precedence.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any, cast

from remora.client import ON_ERROR

ENGINES = ("service", "inside")
MOST_VAR = 10.0
ACTIONS = ("scale", "block", "reduce")


@dataclass(frozen=True)
class GuardSettings:
    """Defaults: fail open, entries gated, stakes not scaled."""

    engine: str = "service"
    """Who answers in live and dry-run mode: the service, or the engine inside this process.

    A backtest without a history file always uses the engine inside.
    """
    timeframe: str | None = None
    """The timeframe of the engine inside.

    None for 5m, as in a service; in a backtest without candles of 5m, the strategy's timeframe.
    """
    url: str | list[str] | None = None
    """Address of the service; None for REMORA_URL, or http://127.0.0.1:8000.

    Several as a list or separated by commas: the next one is used when one does not answer.
    """
    api_key: str | None = None
    """API key, if the service requires one; None for REMORA_API_KEY."""
    timeout: float = 2.0
    interval: float = 5.0
    """Seconds between the watcher's requests."""
    max_age: float | None = None
    """Seconds after which an answer counts as unknown."""
    policy: str | None = None
    on_error: str = "allow"
    """What to do without an answer: allow, block or last.

    In a backtest, 'last' is allow: only the time before the first row has no answer.
    """
    add_pairs: bool = True
    """Ask the service to track pairs of the whitelist that it does not track."""
    scale_stake: bool = False
    """Multiply the stake by position_scale."""
    max_portfolio_var: float | None = None
    """The highest value at risk of all open trades together: what they lose within 24 hours on at
    most one day in twenty, a ratio of the wallet. 0.04 for 4 %; None for no limit.
    """
    portfolio_action: str = "scale"
    """What to do with an entry that would raise the value at risk above max_portfolio_var.

    scale makes it as large as fits, block refuses it, and reduce scales entries and also trims open
    trades to the limit, at most once an hour; it requires position_adjustment_enable.
    """
    tag_entries: bool = False
    """Add remora_<risk class> to the tag of entries."""
    history: str | None = None
    """For backtests: the file of `remora history build`, `remora replay` or /history?interval=each.

    None to assess the candles of Freqtrade's data folder, without outside values. {pair} is
    replaced by BTC_USDT, or BTC_USDT_USDT for a future.
    """
    history_short: str | None = None
    """The same for the short side, for strategies that can short (`--side short`, side=short)."""
    report_decisions: bool = False
    """Report entries, refused and allowed ones, to the service, which follows what becomes of them."""
    ungated_backtest: bool = False
    """Backtest without Remora, for comparison."""

    @staticmethod
    def of(*sources: Mapping[str, Any]) -> GuardSettings:
        """Combines sources; later ones override earlier ones."""
        types = {field.name: str(field.type) for field in fields(GuardSettings)}
        given = {name: value for source in sources for name, value in source.items()}
        for name, value in given.items():
            if name not in types:
                raise ValueError(f"remora: unknown setting {name!r}: expected one of {', '.join(types)}")
            if not _fits(value, types[name]):
                raise ValueError(f"remora: {name} is {value!r}: expected {types[name]}")
        settings = GuardSettings(**given)
        for name, allowed in (("on_error", tuple(ON_ERROR)), ("engine", ENGINES), ("portfolio_action", ACTIONS)):
            if getattr(settings, name) not in allowed:
                raise ValueError(
                    f"remora: {name} is {getattr(settings, name)!r}: expected one of {', '.join(allowed)}"
                )
        if settings.max_portfolio_var is not None and not 0 < settings.max_portfolio_var <= MOST_VAR:
            raise ValueError(
                f"remora: max_portfolio_var is {settings.max_portfolio_var!r}: expected a ratio of the wallet above 0, "
                f"such as 0.04, at most {MOST_VAR:g}"
            )
        return settings


def _fits(value: Any, type_name: str) -> bool:
    if value is None:
        return type_name.endswith("| None")
    if "bool" in type_name:
        return isinstance(value, bool)
    if "float" in type_name:
        return isinstance(value, (int, float)) and not isinstance(value, bool)
    if "list[str]" in type_name and isinstance(value, (list, tuple)):
        return all(isinstance(item, str) for item in cast("list[object]", value))
    return isinstance(value, str)
