"""Requests with one deadline for connection, request and response.

Follows no redirects, so a key is sent to one host only.
"""

from __future__ import annotations

import http.client
import io
import json
import socket
import ssl
import time
from collections.abc import Iterator
from typing import Any
from urllib.parse import SplitResult, urlsplit

from remora._values import json_object
from remora.errors import RemoraError

_LARGEST_BODY = 16 * 1024 * 1024


class Endpoint:
    """Sends requests to one service."""

    def __init__(self, base_url: str, api_key: str | None) -> None:
        self.address = _checked(base_url)
        self.url = base_url.rstrip("/")
        self._headers = {"Accept": "application/json", "User-Agent": "remora-python", "Connection": "close"}
        if api_key:
            if not api_key.isascii() or not api_key.isprintable():
                raise ValueError("api_key: expected printable ASCII characters")
            self._headers["Authorization"] = f"Bearer {api_key}"
        self._tls = ssl.create_default_context() if self.address.scheme == "https" else None

    def get(self, path: str, timeout: float, method: str = "GET", content: Any = None) -> Any:
        """Returns the JSON of a response with status 200; raises a RemoraError otherwise.

        ``timeout`` in seconds covers the whole request. ``content`` is sent as JSON.
        """
        sent = None if content is None else json.dumps(content, allow_nan=False).encode()
        headers = self._headers if sent is None else {**self._headers, "Content-Type": "application/json"}
        deadline = _Deadline(timeout)
        connection = _Connection(self.address, deadline, self._tls)
        try:
            connection.request(method, self.address.path.rstrip("/") + path, sent, headers)
            response = connection.getresponse()
            body = response.read(_LARGEST_BODY + 1)
        except (socket.timeout, TimeoutError):
            raise RemoraError("timeout", f"{self.url} did not respond within {timeout:.3g} s") from None
        except (OSError, http.client.HTTPException) as error:
            raise self._unreachable(error) from error
        finally:
            connection.close_socket()
        if response.status != 200:
            raise self._refused(response, body)
        if len(body) > _LARGEST_BODY:
            raise RemoraError("too_large", f"{self.url} returned more than {_LARGEST_BODY} bytes")
        try:
            return json.loads(body, parse_constant=_no_constant)
        except (ValueError, RecursionError):
            raise RemoraError(
                "not_json", f"{self.url} returned something that is not JSON; is it a Remora service?"
            ) from None

    def follow(self, path: str, timeout: float, last_event_id: str | None, silence: float) -> EventConnection:
        """Opens an event stream.

        The timeout covers the headers; ``silence`` is the maximum wait for each event.
        """
        deadline = _Deadline(timeout)
        connection = _Connection(self.address, deadline, self._tls)
        try:
            headers = {**self._headers, "Accept": "text/event-stream"}
            if last_event_id:
                headers["Last-Event-ID"] = last_event_id
            connection.request("GET", self.address.path.rstrip("/") + path, headers=headers)
            response = connection.getresponse()
            if response.status != 200:
                raise self._refused(response, response.read(_LARGEST_BODY))
            if response.getheader("Content-Type", "").split(";")[0] != "text/event-stream":
                raise RemoraError(
                    "not_json", f"{self.url} returned something that is not an event stream; is it a Remora service?"
                )
        except (OSError, http.client.HTTPException) as error:
            connection.close_socket()
            raise self._unreachable(error) from error
        except RemoraError:
            connection.close_socket()
            raise
        deadline.wait_at_most(silence)
        return EventConnection(response, connection)

    def _unreachable(self, error: Exception) -> RemoraError:
        return RemoraError("unreachable", f"{self.url} cannot be reached: {error or type(error).__name__}")

    def _refused(self, response: http.client.HTTPResponse, body: bytes) -> RemoraError:
        problem: dict[str, Any] = {}
        try:
            problem = json_object(json.loads(body)) or {}
        except (ValueError, RecursionError):
            pass  # not a problem document: the status is the only information
        detail = problem.get("detail")
        text = f"{self.url} returned {response.status} {response.reason}"
        if isinstance(detail, str):
            text += f": {detail}"
        wait = response.getheader("Retry-After") or ""
        retry_after = float(wait) if wait.isdigit() and wait.isascii() else None
        return RemoraError("status", text, status=response.status, retry_after=retry_after, problem=problem)


def _checked(base_url: str) -> SplitResult:
    url = urlsplit(base_url)
    try:
        usable = url.scheme in ("http", "https") and bool(url.hostname) and url.port != 0
        usable = usable and not (url.query or url.fragment or url.username)
        usable = usable and base_url.isascii() and base_url.isprintable() and " " not in base_url
    except ValueError:
        usable = False
    if not usable:
        # not echoed, because it may be a key entered by mistake
        raise ValueError(
            "base_url: expected an address such as http://127.0.0.1:8000, or several separated by commas (a key goes "
            "into api_key)"
        )
    return url


def _no_constant(name: str) -> None:
    raise ValueError(f"{name} is not JSON")


class EventConnection:
    """Iterates over the events of a stream: (kind, id, data).

    Ends when the connection ends, or raises OSError.
    """

    def __init__(self, response: http.client.HTTPResponse, connection: _Connection) -> None:
        self._response = response
        self._connection = connection

    def close(self) -> None:
        self._connection.close_socket()

    def __iter__(self) -> Iterator[tuple[str, str | None, str]]:
        kind, event_id = "message", None
        data: list[str] = []
        while True:
            raw = self._response.readline(_LARGEST_BODY)
            if not raw.endswith(b"\n"):
                return  # an incomplete event is ignored
            line = raw.decode("utf-8", "replace").rstrip("\r\n")
            name, _, value = line.partition(":")
            value = value[1:] if value.startswith(" ") else value
            if not line:
                if data:
                    yield kind, event_id, "\n".join(data)
                kind, data = "message", []
            elif name == "event":
                kind = value
            elif name == "id":
                event_id = value
            elif name == "data":
                data.append(value)


class _Deadline:
    def __init__(self, seconds: float) -> None:
        self._end = time.monotonic() + seconds
        self._each: float | None = None

    def wait_at_most(self, seconds: float) -> None:
        """Replaces the deadline by a limit for each wait."""
        self._each = seconds

    def left(self) -> float:
        if self._each is not None:
            return self._each
        left = self._end - time.monotonic()
        if left <= 0:
            raise socket.timeout("the deadline has passed")
        return left


class _Connection(http.client.HTTPConnection):
    def __init__(self, url: SplitResult, deadline: _Deadline, tls: ssl.SSLContext | None) -> None:
        super().__init__(url.hostname or "", url.port or (443 if tls else 80))
        self._deadline = deadline
        self._tls = tls
        self._socket: socket.socket | None = None

    def connect(self) -> None:
        self._socket = self._open()
        self.sock = _DeadlineSocket(self._socket, self._deadline)  # type: ignore[assignment]

    def close_socket(self) -> None:
        if self._socket is not None:
            self._socket.close()

    def _open(self) -> socket.socket:
        error: OSError | None = None
        for family, kind, protocol, _, address in socket.getaddrinfo(self.host, self.port, type=socket.SOCK_STREAM):
            plain = socket.socket(family, kind, protocol)
            try:
                plain.settimeout(self._deadline.left())
                plain.connect(address)
                plain.settimeout(self._deadline.left())
                return self._tls.wrap_socket(plain, server_hostname=self.host) if self._tls else plain
            except OSError as failed:
                plain.close()
                error = failed
        raise error or OSError("the host name has no address")


class _DeadlineSocket:
    """The part of a socket that http.client uses. Each operation has the remaining time."""

    def __init__(self, sock: socket.socket, deadline: _Deadline) -> None:
        self._sock = sock
        self._deadline = deadline

    def sendall(self, data: bytes) -> None:
        self._sock.settimeout(self._deadline.left())
        self._sock.sendall(data)

    def makefile(self, mode: str) -> io.BufferedReader:
        return io.BufferedReader(_DeadlineReader(self._sock, self._deadline))

    def close(self) -> None:
        """Does nothing: http.client closes after the headers, before the body is read."""


class _DeadlineReader(io.RawIOBase):
    def __init__(self, sock: socket.socket, deadline: _Deadline) -> None:
        self._sock = sock
        self._deadline = deadline

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: bytearray | memoryview) -> int:  # type: ignore[override]
        self._sock.settimeout(self._deadline.left())
        return self._sock.recv_into(buffer)
