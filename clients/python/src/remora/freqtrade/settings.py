"""What a strategy can set, in its ``remora`` attribute or under "remora" in Freqtrade's configuration, which wins."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any, Mapping, Optional

from remora.client import ON_ERROR


@dataclass(frozen=True)
class GuardSettings:
    """Defaults: fail open, entries gated, stakes left alone."""

    url: Optional[str] = None
    """Where the service is; REMORA_URL or http://127.0.0.1:8000 without it."""
    api_key: Optional[str] = None
    """Its key, where it wants one; REMORA_API_KEY without it."""
    timeout: float = 2.0
    interval: float = 5.0
    """Seconds between the watcher's requests."""
    max_age: Optional[float] = None
    """Seconds after which what is known counts as unknown."""
    policy: Optional[str] = None
    on_error: str = "allow"
    """What is to happen when nothing is known: allow, block or last. In a backtest 'last' is allow: there nothing is known only before the first row."""
    scale_stake: bool = False
    """Multiply the stake by position_scale."""
    tag_entries: bool = False
    """Add remora_<risk class> to the tag of entries."""
    history: Optional[str] = None
    """For backtests: the file of `remora history build`, `remora replay`, or the service's /history?interval=each. {pair} in it stands for BTC_USDT, or BTC_USDT_USDT of a future."""
    history_short: Optional[str] = None
    """The file of `remora history build --side short`, of `remora replay --side short`, or of /history with side=short, for strategies that can short."""
    ungated_backtest: bool = False
    """Backtest without Remora, to compare."""

    @staticmethod
    def of(*sources: Mapping[str, Any]) -> "GuardSettings":
        """Puts sources together, later ones over earlier ones."""
        types = {field.name: str(field.type) for field in fields(GuardSettings)}
        given = {name: value for source in sources for name, value in source.items()}
        for name, value in given.items():
            if name not in types:
                raise ValueError(f"remora: there is no setting {name!r}: expected one of {', '.join(types)}")
            if not _fits(value, types[name]):
                raise ValueError(f"remora: {name} is {value!r}: expected {types[name]}")
        settings = GuardSettings(**given)
        if settings.on_error not in ON_ERROR:
            raise ValueError(f"remora: on_error is {settings.on_error!r}: expected one of {', '.join(ON_ERROR)}")
        return settings


def _fits(value: Any, type_name: str) -> bool:
    if value is None:
        return type_name.startswith("Optional")
    if "bool" in type_name:
        return isinstance(value, bool)
    if "float" in type_name:
        return isinstance(value, (int, float)) and not isinstance(value, bool)
    return isinstance(value, str)
