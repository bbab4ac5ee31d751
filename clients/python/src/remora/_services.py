"""The services of a client, of which one is in use."""

from __future__ import annotations

import ipaddress
import threading
import time
from collections.abc import Callable, Iterable
from typing import TypeVar
from urllib.parse import SplitResult

from remora._breaker import Breaker, Outage, log
from remora._clock import Clock
from remora._http import Endpoint
from remora.errors import RemoraError

_MOST = 10
T = TypeVar("T")
Failure = tuple[str, RemoraError]


class Services:
    """Stays with a service until it does not answer, then tries the next one, within one timeout."""

    def __init__(
        self, urls: str | Iterable[str], api_key: str | None, timeout: float, breaker_seconds: float, clock: Clock
    ) -> None:
        texts = [text.strip() for text in (urls.split(",") if isinstance(urls, str) else urls)]
        self.endpoints = [Endpoint(text, api_key) for text in texts]
        _check(self.endpoints)
        self.timeout = timeout
        self.current = 0
        self._breakers = [Breaker(breaker_seconds, clock) for _ in self.endpoints]
        self._outage = Outage()
        self._lock = threading.Lock()

    @property
    def url(self) -> str:
        """The address of the service in use."""
        return self.endpoints[self.current].url

    def fetch(
        self, send: Callable[[Endpoint, float], T], consequence: str = "", is_evidence: bool = True
    ) -> T:
        """Sends one request and returns its answer.

        With ``is_evidence``, a failure opens the breaker of its service, and an answer keeps the
        service in use. Otherwise breakers are bypassed. Raises RemoraError if no service answers,
        or one refuses.
        """
        end = time.monotonic() + self.timeout
        first, count = self.current, len(self.endpoints)
        failures: list[Failure] = []
        for tried in range(count):
            left = end - time.monotonic()
            if failures and left <= 0:
                break
            at = (first + tried) % count
            later = [(first + i) % count for i in range(tried + 1, count)]
            share = 1 + sum(not is_evidence or self._breakers[i].is_ready for i in later)
            try:
                answer = self._try(at, left / share, send, is_evidence)
                if is_evidence:
                    self._stay(first, at, failures)
                return answer
            except RemoraError as error:
                if error.is_callers_fault:
                    if is_evidence:
                        self._stay(first, at, failures)
                    raise
                failures.append((self.endpoints[at].url, error))
                if not error.moves_on:
                    break
        error = _combined(failures)
        if is_evidence:
            self._outage.add(error, consequence)
        raise error

    def _try(self, at: int, timeout: float, send: Callable[[Endpoint, float], T], is_evidence: bool) -> T:
        if not is_evidence:
            return send(self.endpoints[at], timeout)
        breaker = self._breakers[at]
        breaker.enter()
        try:
            answer = send(self.endpoints[at], timeout)
        except RemoraError as error:
            breaker.leave(error)
            raise
        except BaseException:
            breaker.abandon()
            raise
        breaker.leave(None)
        return answer

    def _stay(self, first: int, at: int, failures: list[Failure]) -> None:
        url = self.endpoints[at].url
        with self._lock:
            moved = at != first and self.current == first
            if moved:
                self.current = at
        if moved:
            log.warning("Remora is used at %s from now on: %s", url, _combined(failures))
        self._outage.end(url)


def _combined(failures: list[Failure]) -> RemoraError:
    """Returns one error that names all. Its kind is that of the last request that was sent."""
    if len(failures) == 1:
        return failures[0][1]
    sent = [error for _, error in failures if error.kind != "breaker_open"]
    last = sent[-1] if sent else failures[-1][1]
    text = "; ".join(str(error) if url in str(error) else f"{url}: {error}" for url, error in failures)
    return RemoraError(last.kind, text, status=last.status, retry_after=last.retry_after, problem=last.problem)


def _check(endpoints: list[Endpoint]) -> None:
    if not 1 <= len(endpoints) <= _MOST:
        raise ValueError(f"base_url: {len(endpoints)} addresses: expected 1 to {_MOST}")
    urls = [endpoint.url for endpoint in endpoints]
    for i, url in enumerate(urls):
        if url in urls[:i]:
            raise ValueError(f"base_url: {url} is listed twice")
    safe = next((endpoint.url for endpoint in endpoints if _is_safe(endpoint.address)), None)
    plain = next((endpoint.url for endpoint in endpoints if not _is_safe(endpoint.address)), None)
    if safe is not None and plain is not None:
        raise ValueError(
            f"base_url: {plain} is neither https nor a loopback address, as {safe} is: expected addresses that are "
            "all as safe, because the key and the decisions pass through each of them"
        )


def _is_safe(address: SplitResult) -> bool:
    host = address.hostname or ""
    if address.scheme == "https" or host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
