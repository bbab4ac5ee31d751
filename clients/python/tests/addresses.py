"""Uses the client with several addresses; prints one line of JSON.

ask URLS SECONDS PAIR..., refused URLS, or stream URLS. Remora.Client.Tests runs it.
"""

import json
import logging
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "src"))

from remora.client import RemoraClient  # noqa: E402


def ask(urls, seconds, *pairs):
    # A list is the same as text with commas
    given = urls.split(",") if len(pairs) > 1 else urls
    client = RemoraClient(given, "the-key", float(seconds), "block", cache_seconds=0, breaker_seconds=3600)
    answers = [client.risk(pair) for pair in pairs]
    return [
        {"safe": answer.safe_to_trade, "answered": answer.answered, "error": answer.error or None}
        for answer in answers
    ]


def refused(urls):
    try:
        RemoraClient(urls)
    except ValueError as error:
        return str(error)
    return ""


def stream(urls):
    return next(RemoraClient(urls).stream()).pair


logging.disable()
print(json.dumps({"ask": ask, "refused": refused, "stream": stream}[sys.argv[1]](*sys.argv[2:])))
