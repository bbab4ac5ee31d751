"""The decorator of the methods that RemoraGuard wraps."""

from __future__ import annotations

import functools
import threading
from collections.abc import Callable
from typing import Any


def outermost(guard: Callable[..., Any]) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Wraps a method in a guard.

    When a method calls super(), only the outer one is guarded, so that no stake is scaled twice.
    """

    def wrap(inner: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(inner)
        def method(self: Any, *args: Any, **kwargs: Any) -> Any:
            key = (threading.get_ident(), inner.__name__)  # Freqtrade's REST interface enters trades in other threads
            entered = self.__dict__.setdefault("_remora_entered", set())
            if key in entered:
                return inner(self, *args, **kwargs)
            entered.add(key)
            try:
                return guard(self, functools.partial(inner, self), *args, **kwargs)
            finally:
                entered.discard(key)

        return method

    return wrap
