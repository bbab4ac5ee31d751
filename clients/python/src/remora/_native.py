"""The engine's C interface (remora.h) through ctypes, which releases the GIL during each call."""

from __future__ import annotations

import ctypes
import json
import os
import threading
from collections.abc import Mapping, Sequence
from ctypes import POINTER, byref, c_char, c_char_p, c_int32, c_int64, c_uint64, c_void_p
from pathlib import Path
from typing import Any, NamedTuple

from remora.errors import EngineError

ABI_VERSION = 1
VARIABLE = "REMORA_ENGINE_LIBRARY"
"""The environment variable that names another library than the one of the package."""

NO_TIME = -(2**63)
_COLLECTOR = ("DOTNET_GCgen0size", "800000")
"""The collector's budget of new objects, hexadecimal: 8 MB, as fast as the default, which is the
size of the processor's cache and can be 100 MB."""
_KINDS = {1: "argument", 2: "engine", 3: "options", 4: "candle", 6: "busy"}
_TOO_SMALL = 5
_FIRST_BUFFER = 4096
_PACKAGED = Path(__file__).resolve().parent / "_engine/libremora.so"


class _Array(ctypes.Structure):
    _fields_ = [("data", c_void_p), ("length", c_int64)]


class _Candles(ctypes.Structure):
    _fields_ = [(name, _Array) for name in ("time", "open", "high", "low", "close", "volume")]


class _Output(ctypes.Structure):
    _fields_ = [
        ("column", c_char_p), ("policy", c_int32), ("side", c_int32), ("data", c_void_p), ("bytes", c_int64)
    ]


class _Error(ctypes.Structure):
    _fields_ = [
        ("code", c_int32), ("reserved", c_int32), ("row", c_int64), ("column", c_char * 64), ("message", c_char * 512)
    ]


class Memory(NamedTuple):
    """The address of a column and its size: values to read, or bytes to fill."""

    address: int
    size: int


class Column(NamedTuple):
    """A column to fill, for a side: 0 is long, 1 is short."""

    name: str
    side: int
    memory: Memory


class Library:
    """The functions of remora.h. Each one raises EngineError for its error codes."""

    def __init__(self, path: Path) -> None:
        is_own = _COLLECTOR[0] not in os.environ
        if is_own:  # read at the first call; not for other programs that this process starts
            os.environ[_COLLECTOR[0]] = _COLLECTOR[1]
        try:
            self._functions = ctypes.CDLL(str(path))
            version: int = self._functions.remora_abi_version()
        except (OSError, AttributeError) as error:
            raise EngineError("not_installed", f"the engine's library {path} cannot be used: {error}") from None
        finally:
            if is_own:
                del os.environ[_COLLECTOR[0]]
        if version != ABI_VERSION:
            raise EngineError(
                "not_installed", f"the engine's library {path} has interface {version}, expected {ABI_VERSION}"
            )
        error = POINTER(_Error)
        text = [c_char_p, c_int64, POINTER(c_int64), error]
        signatures: dict[str, list[Any]] = {
            "remora_describe": text,
            "remora_create": [c_char_p, c_int64, POINTER(c_uint64), error],
            "remora_apply": [c_uint64, POINTER(_Candles), POINTER(_Output), c_int64, error],
            "remora_seed": [c_uint64, POINTER(_Candles), POINTER(_Candles), error],
            "remora_observe": [c_uint64, c_char_p, c_int64, error],
            "remora_json": [c_uint64, c_int32, c_int32, c_int64, *text],
            "remora_book": [POINTER(c_uint64), c_int64, c_int64, c_char_p, c_int64, *text],
            "remora_text": [c_uint64, c_int32, *text],
            "remora_free": [c_uint64, error],
        }
        for name, arguments in signatures.items():
            function = getattr(self._functions, name)
            function.argtypes, function.restype = arguments, c_int32
        self.description: Mapping[str, Any] = json.loads(self._text("remora_describe"))

    def create(self, options: Mapping[str, Any]) -> int:
        content, engine = json.dumps(options).encode(), c_uint64()
        self._call("remora_create", content, len(content), byref(engine))
        return engine.value

    def seed(self, engine: int, hourly: Sequence[Memory], daily: Sequence[Memory]) -> None:
        self._call("remora_seed", engine, byref(_candles(hourly)), byref(_candles(daily)))

    def apply(self, engine: int, candles: Sequence[Memory], columns: Sequence[Column], policy: int) -> None:
        outputs = (_Output * len(columns))(*(
            _Output(column.name.encode(), policy, column.side, column.memory.address, column.memory.size)
            for column in columns
        ))
        self._call("remora_apply", engine, byref(_candles(candles)), outputs, len(columns))

    def observe(self, engine: int, outside: Sequence[Mapping[str, Any]]) -> None:
        content = json.dumps(outside).encode()
        self._call("remora_observe", engine, content, len(content))

    def assessment(self, engine: int, policy: int, side: int, now: int | None) -> Any:
        return json.loads(self._text("remora_json", engine, policy, side, NO_TIME if now is None else now))

    def book(self, engines: Sequence[int], at: int | None, question: Mapping[str, Any]) -> Any:
        content, handles = json.dumps(question).encode(), (c_uint64 * len(engines))(*engines)
        when = NO_TIME if at is None else at
        return json.loads(self._text("remora_book", handles, len(engines), when, content, len(content)))

    def text(self, engine: int, code: int) -> str:
        return self._text("remora_text", engine, code)

    def free(self, engine: int) -> None:
        self._functions.remora_free(engine, None)

    def _text(self, name: str, *arguments: Any) -> str:
        length, size = c_int64(), _FIRST_BUFFER
        while True:
            buffer = ctypes.create_string_buffer(size)
            if self._call(name, *arguments, buffer, size, byref(length)) != _TOO_SMALL:
                return buffer.raw[:length.value].decode()
            size = length.value + 1

    def _call(self, name: str, *arguments: Any) -> int:
        error = _Error()
        code: int = getattr(self._functions, name)(*arguments, byref(error))
        if code in (0, _TOO_SMALL):
            return code
        message: bytes = error.message
        column: bytes = error.column
        row: int = error.row
        raise EngineError(
            _KINDS.get(code, "internal"), message.decode(errors="replace"), row=row if row >= 0 else None,
            column=column.decode(errors="replace") or None
        )


def _candles(arrays: Sequence[Memory]) -> _Candles:
    return _Candles(*(_Array(array.address, array.size) for array in arrays))


_lock = threading.Lock()
_loaded: Library | None = None


def library() -> Library:
    """Returns the library, which the first call loads. Raises EngineError if there is none."""
    global _loaded
    with _lock:
        if _loaded is None:
            path = Path(os.environ.get(VARIABLE) or _PACKAGED)
            if not path.is_file():
                raise EngineError(
                    "not_installed",
                    "this installation of remora has no engine: install the wheel for Linux on x86-64 or aarch64 with "
                    f"glibc 2.34 or later, or set {VARIABLE} to a libremora.so (file not found: {path})"
                )
            _loaded = Library(path)
        return _loaded
