"""Reports entries to the service: those that the guard or a lock refused, and those it allowed.

A report waits in a file of Freqtrade's folder until the service has stored it, so neither an outage
nor a restart loses one. The service knows a repeated report by its id.
"""

from __future__ import annotations

import functools
import hashlib
import json
import logging
import os
import re
import threading
import weakref
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timezone
from pathlib import Path
from typing import TYPE_CHECKING, Any

from remora.client import RemoraClient
from remora.errors import RemoraError
from remora.freqtrade.history import timeframe_length

if TYPE_CHECKING:
    from remora.freqtrade.guard import RemoraGuard

log = logging.getLogger("remora.freqtrade")

_LOCK_MARK = "remora:"  # the service begins the reasons of its locks with it
_MOST_AT_ONCE = 20
_MOST_WAITING = 10_000
_LONGEST_WAIT = 60.0
_FIELD = re.compile(r"decisions\[(\d+)\]")


class Spool:
    """Keeps reports in a file and sends them in the background."""

    def __init__(self, client: RemoraClient, path: Path) -> None:
        self._client = client
        self._path = path
        self._lock = threading.Lock()
        self._wake = threading.Event()
        self._stopped = threading.Event()
        self._waiting = self._read()
        self._seen = {report["id"]: None for report in self._waiting}
        self._thread = threading.Thread(target=self._run, name="remora decisions", daemon=True)
        self._thread.start()

    def add(self, report: Mapping[str, Any]) -> None:
        """Keeps a report until it is stored. One with a known id is ignored."""
        with self._lock:
            if report["id"] in self._seen:
                return
            if len(self._seen) >= 2 * _MOST_WAITING:
                self._seen = {one["id"]: None for one in self._waiting}
            self._seen[report["id"]] = None
            self._waiting.append(dict(report))
            try:
                if len(self._waiting) > _MOST_WAITING:
                    self._client.log_once(f"More than {_MOST_WAITING} decisions wait: old ones are lost")
                    self._waiting = self._waiting[-_MOST_WAITING:]
                    self._write()
                else:
                    self._append(report)
            except OSError as error:
                self._client.log_once(f"Decisions are lost if the bot stops: {self._path} cannot be written: {error}")
        self._wake.set()

    def stop(self) -> None:
        self._stopped.set()
        self._wake.set()

    def _run(self) -> None:
        wait, out, most = 1.0, False, _MOST_AT_ONCE
        while not self._stopped.is_set():
            with self._lock:
                part = self._waiting[:most]
            if not part:
                self._wake.wait()
                self._wake.clear()
                continue
            try:
                self._client.report_decisions(part)
                done, most = {report["id"] for report in part}, _MOST_AT_ONCE
                if out:
                    log.info("Decisions are reported again")
                wait, out = 1.0, False
            except RemoraError as error:
                done = self._refused(part, error)
                most = 1 if error.status == 413 else most
                if not done and not out:
                    log.warning("Decisions are not reported: %s. Retrying", error)
                    out = True
            except Exception:  # the thread must survive
                log.exception("Decisions are not reported")
                done = set()
            if done:
                with self._lock:
                    self._waiting = [report for report in self._waiting if report["id"] not in done]
                    try:
                        self._write()
                    except OSError:
                        pass  # they are reported again after a restart, which changes nothing
                continue
            self._stopped.wait(wait)
            wait = min(2 * wait, _LONGEST_WAIT)

    @staticmethod
    def _refused(part: list[dict[str, Any]], error: RemoraError) -> set[str]:
        """Returns the report that can never be stored, if the service names one."""
        named = _FIELD.match(str(error.problem.get("parameter", ""))) if error.status == 400 else None
        if named is None or int(named[1]) >= len(part):
            return set()
        report = part[int(named[1])]
        log.warning("A decision is refused and dropped: %s (%s)", error, report)
        return {report["id"]}

    def _read(self) -> list[dict[str, Any]]:
        try:
            lines = self._path.read_text(encoding="utf-8").splitlines()
        except (OSError, ValueError):
            return []
        found: list[dict[str, Any]] = []
        for line in lines[-_MOST_WAITING:]:
            try:
                report = json.loads(line)
                if isinstance(report["id"], str):
                    found.append(report)
            except (ValueError, KeyError, TypeError):
                pass  # a line that was being written when the bot was killed
        return found

    def _append(self, report: Mapping[str, Any]) -> None:
        self._path.parent.mkdir(parents=True, exist_ok=True)
        with self._path.open("a", encoding="utf-8") as file:
            # After a line that a kill cut off
            file.write(("" if self._ends_line() else "\n") + json.dumps(report) + "\n")
            file.flush()
            os.fsync(file.fileno())

    def _ends_line(self) -> bool:
        try:
            with self._path.open("rb") as file:
                file.seek(-1, os.SEEK_END)
                return file.read(1) == b"\n"
        except OSError:
            return True  # new or empty

    def _write(self) -> None:
        new = self._path.with_suffix(".new")
        new.write_text("".join(json.dumps(report) + "\n" for report in self._waiting), encoding="utf-8")
        os.replace(new, self._path)


def start(guard: RemoraGuard) -> None:
    """Sends what an earlier run of the bot left."""
    if _is_on(guard):
        _spool(guard, getattr(guard, "config", None) or {})


def reported(guard: Callable[..., Any], names: Sequence[str]) -> Callable[..., Any]:
    """Adds reports to the guard of custom_stake_amount or confirm_trade_entry.

    ``names`` are those of its positional arguments. An entry is refused where the guard does not
    ask the strategy, or makes nothing of its stake; it is allowed where it is confirmed.
    """

    def wrap(inner: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(inner)
        def method(self: RemoraGuard, *args: Any, **kwargs: Any) -> Any:
            key = (threading.get_ident(), inner.__name__)
            within: set[Any] = self.__dict__.setdefault("_remora_reporting", set())
            if key in within or not _is_on(self):  # a strategy that calls super() reports once
                return guard(inner)(self, *args, **kwargs)
            answers: list[Any] = []

            @functools.wraps(inner)
            def asked(*given: Any, **named: Any) -> Any:
                answers.append(inner(*given, **named))
                return answers[-1]

            within.add(key)
            try:
                result = guard(asked)(self, *args, **kwargs)
            finally:
                within.discard(key)
            _conclude(self, {**dict(zip(names, args)), **kwargs}, answers, result)
            return result

        return method

    return wrap


def _conclude(guard: RemoraGuard, call: Mapping[str, Any], answers: Sequence[Any], result: Any) -> None:
    try:
        if "proposed_stake" in call:  # the stake: only here Freqtrade states the leverage
            known: dict[Any, Any] = guard.__dict__.setdefault("_remora_leverage", {})
            known[call["pair"], call.get("side", "long")] = call.get("leverage")
            if answers and answers[-1] and not result:
                _report(guard, "refused", call)
        elif not answers:
            _report(guard, "refused", call)
        elif result:
            _report(guard, "allowed", call)
    except Exception:  # never at the cost of an entry
        log.exception("A decision is not reported")


def _report(guard: RemoraGuard, verdict: str, call: Mapping[str, Any]) -> None:
    side = call.get("side", "long")
    price = call.get("rate", call.get("current_rate"))
    stake = call.get("proposed_stake")
    if stake is None and call.get("amount") and price:
        stake = call["amount"] * price / (_leverage(guard, call["pair"], side) or 1)
    _add(guard, verdict, call["pair"], side, call["current_time"], price, stake, call.get("entry_tag"))


def report_lock(guard: RemoraGuard, pair: str, side: str) -> None:
    """Reports an entry that was refused by a lock, if the service placed the lock."""
    try:
        if _is_on(guard) and side in ("long", "short"):
            _report_lock(guard, pair, side)
    except Exception:  # never at the cost of a loop
        log.exception("A decision is not reported")


def _report_lock(guard: RemoraGuard, pair: str, side: str) -> None:
    from freqtrade.persistence import PairLocks

    locks = PairLocks.get_pair_locks(pair, None, side)
    reason = next((lock.reason for lock in locks if (lock.reason or "").startswith(_LOCK_MARK)), None)
    provider = getattr(guard, "dp", None)
    if reason is None or provider is None:
        return
    frame, _ = provider.get_analyzed_dataframe(pair, guard.timeframe)
    if not len(frame):
        return
    newest = frame.iloc[-1]
    tag = newest.get("enter_tag")
    stake = (getattr(guard, "config", None) or {}).get("stake_amount")
    by = [name.strip() for name in reason[len(_LOCK_MARK):].split(".")[0].split(",")]
    _add(
        guard, "locked", pair, side, datetime.now(timezone.utc), newest["close"], stake,
        tag if isinstance(tag, str) else None, [name for name in by if name]
    )


def _is_on(guard: RemoraGuard) -> bool:
    return guard._remora_settings().report_decisions and guard._remora_is_live()


def _leverage(guard: RemoraGuard, pair: str, side: str) -> float | None:
    """Returns the leverage of an entry; None while unknown."""
    if str((getattr(guard, "config", None) or {}).get("trading_mode", "spot")) in ("spot", "TradingMode.SPOT"):
        return 1.0
    return guard.__dict__.get("_remora_leverage", {}).get((pair, side))


def _add(
    guard: RemoraGuard, verdict: str, pair: str, side: str, time: datetime, price: Any, stake: Any, tag: str | None,
    blocked_by: list[str] | None = None
) -> None:
    config = getattr(guard, "config", None) or {}
    bot, strategy = str(config.get("bot_name") or "freqtrade"), type(guard).__name__
    known = guard._remora_read(pair, side).assessment
    if blocked_by is None:
        by = list(known.blocked_by) if known else ["unknown"]
        blocked_by = [] if verdict == "allowed" else by or ["other"]
    leverage = _leverage(guard, pair, side)
    seconds = timeframe_length(str(guard.timeframe)).total_seconds()
    # Freqtrade repeats a refused entry in every loop: one report for each candle of the strategy.
    candle = int(time.timestamp() // seconds * seconds)
    key = "|".join((bot, str(config.get("db_url")), strategy, pair, side, verdict, str(candle)))
    entry: dict[str, Any] = {
        "id": hashlib.sha256(key.encode()).hexdigest()[:32], "bot": bot[:64], "strategy": strategy[:64],
        "pair": guard.remora_pair(pair), "side": side, "verdict": verdict, "blocked_by": blocked_by[:20],
        "at": time.astimezone(timezone.utc).isoformat(timespec="milliseconds").replace("+00:00", "Z"),
    }
    for name, value in (("price", price), ("stake", stake), ("leverage", leverage)):
        if isinstance(value, (int, float)) and 0 < value < 1e15:
            entry[name] = float(value)
    if tag:
        entry["tag"] = tag[:255]
    if leverage is not None:  # without it, stop and targets are no prices
        entry["stop_loss"] = float(guard.stoploss)
        steps = sorted((int(minutes), float(profit)) for minutes, profit in dict(guard.minimal_roi).items())
        entry["roi"] = [{"minutes": minutes, "profit": profit} for minutes, profit in steps[:20]]
    _spool(guard, config).add(entry)


def _spool(guard: RemoraGuard, config: Mapping[str, Any]) -> Spool:
    spool: Spool | None = guard.__dict__.get("_remora_spool")
    if spool is None:
        settings = guard._remora_settings()
        client = RemoraClient(settings.url, settings.api_key, settings.timeout, settings.on_error)
        name = "|".join((str(config.get("bot_name")), str(config.get("db_url")), type(guard).__name__))
        file = f"remora-decisions-{hashlib.sha256(name.encode()).hexdigest()[:8]}.jsonl"
        spool = Spool(client, Path(config.get("user_data_dir") or ".") / file)
        guard.__dict__["_remora_spool"] = spool
        weakref.finalize(guard, spool.stop)
    return spool
