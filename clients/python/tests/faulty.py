"""A local server with configurable faults that records requests."""

import json
import socket
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit


def assessment(pair, **changes):
    """Returns an answer with the main fields, for tests that define its values."""
    answer = {
        "safe_to_trade": True, "recommendation": "entry_ok", "risk_score": 0.25, "risk_class": "low",
        "risk_confidence": 1, "position_scale": 1.0, "blocked_by": [],
        "reasoning": ["Risk is low at 0.25."], "regime": "bull", "volatility": 0.1, "pair": pair, "exchange": "binance",
        "timeframe": "5m", "side": "long",
        "as_of": "2026-01-01T00:05:00Z", "age_seconds": 1.5, "stale": False, "state": "ok", "policy": "remora-1",
        "model": "remora-1",
    }
    answer.update(changes)
    return answer


def forecast_answer(pair, **changes):
    """Returns an answer with a forecast outside the tested range, with a field of a later version."""
    horizon = {
        "volatility": 0.011, "percentile": None, "factors": {"level": 1.5}, "probability_of_drawdown": {"0.02": None},
        "newer": 1,
    }
    forecast = {
        "model": "remora-2", "as_of": "2026-01-01T00:05:00Z", "in_sample": False, "history_days": 12,
        "in_tested_range": False, "calendar_known_until": "2027-12-31", "horizons": {"4h": horizon},
    }
    forecast.update(changes)
    return {"pair": pair, "state": "warming_up", "forecast": forecast, "no_forecast": None}


UNSAFE = {
    "safe_to_trade": False, "recommendation": "no_entry", "risk_score": 0.8, "risk_class": "high", "position_scale": 0,
    "blocked_by": ["risk_score"], "reasoning": ["Risk is high."]
}


class FaultyServer:
    """``mode`` is well or a fault; ``changes`` override fields of the answers.

    ``changes_of_side`` are those of one side only.

    ``tracked`` contains the tracked pairs; None for all. ``listed`` contains those that can be added.
    """

    FAULTS = (
        "slow", "dribble", "429", "500", "503", "html", "truncated", "schema", "list", "string", "empty", "nan",
        "redirect", "hangup", "garbage", "other_pair"
    )

    def __init__(self, tls=None):
        self.mode = "well"
        self.changes = {}
        self.changes_of_side = {}
        self.tracked = None
        self.listed = []
        self.requests = []
        self.release = threading.Event()
        owner = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self):
                owner.requests.append((self.path, dict(self.headers)))
                owner._answer(self)

            do_POST = do_GET

            def log_message(self, *_):
                pass

        class Server(ThreadingHTTPServer):
            daemon_threads = True

            def handle_error(self, *_):
                pass  # callers disconnect on purpose

        self._server = Server(("127.0.0.1", 0), Handler)
        if tls is not None:
            self._server.socket = tls.wrap_socket(self._server.socket, server_side=True)
        self.url = f"{'http' if tls is None else 'https'}://127.0.0.1:{self._server.server_address[1]}"
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.release.set()
        self._server.shutdown()
        self._server.server_close()

    def _answer(self, request):
        target = urlsplit(request.path)
        query = parse_qs(target.query)
        status, kind, headers = 200, "application/json", {}
        side = query.get("side", ["long"])[0]
        changes = {"side": side, **self.changes, **self.changes_of_side.get(side, {})}
        if request.command == "POST":
            pairs = query["pairs"][0].split(",")
            self.tracked += [pair for pair in pairs if pair in self.listed]
            reasons = {pair: None if pair in self.tracked else "not listed on binance" for pair in pairs}
            if any(reason is None for reason in reasons.values()):
                body = {"pairs": [
                    {"pair": pair, "tracked": reason is None, "reason": reason} for pair, reason in reasons.items()
                ]}
            else:
                status, body = 409, {"status": 409, "detail": f"{pairs[0]} cannot be tracked: not listed on binance."}
        elif target.path.endswith("/pairs"):
            body = {"pairs": [{"pair": pair} for pair in self.tracked or []]}
        elif target.path.endswith("/batch"):
            pairs = query["pairs"][0].split(",")
            known = [pair for pair in pairs if self.tracked is None or pair in self.tracked]
            if known:
                body = {
                    "assessments": [assessment(pair, **changes) for pair in known],
                    "unknown": [{"pair": pair, "nearest": []} for pair in pairs if pair not in known]
                }
            else:
                status, body = 404, {"status": 404, "detail": f"{pairs[0]} is not tracked here.", "parameter": "pairs"}
        else:
            body = assessment(query.get("pair", [None])[0], **changes)
        text = json.dumps(body)
        mode = self.mode
        if mode == "slow":
            self.release.wait(5)
        elif mode in ("429", "500", "503"):
            status, text = int(mode), json.dumps({"detail": "no", "safe_to_trade": True})
            if mode == "429":
                headers["Retry-After"] = "60"
        elif mode == "html":
            text, kind = "<html><body>safe_to_trade: true</body></html>", "text/html"
        elif mode == "truncated":
            text = text[: len(text) // 2]
        elif mode == "schema":
            text = json.dumps({"data": {"safe_to_trade": True}, "version": 2})
        elif mode == "list":
            text = "[]"
        elif mode == "string":
            text = text.replace('"safe_to_trade": true', '"safe_to_trade": "true"')
        elif mode == "empty":
            text = ""
        elif mode == "nan":
            text = text.replace("0.25", "NaN")
        elif mode == "redirect":
            status, headers["Location"] = 302, "/elsewhere"
        elif mode == "other_pair":
            text = text.replace("BTC/USDT", "DOGE/USDT")
        elif mode == "hangup":
            request.connection.shutdown(socket.SHUT_RDWR)
            return
        elif mode == "garbage":
            request.wfile.write(b"\x00\x01 not http at all\r\n\r\n")
            return
        request.send_response(status)
        request.send_header("Content-Type", kind)
        request.send_header("Content-Length", str(len(text)))
        for name, value in headers.items():
            request.send_header(name, value)
        request.end_headers()
        if mode == "dribble":
            for byte in text.encode():
                request.wfile.write(bytes([byte]))
                if self.release.wait(0.05):
                    return
        request.wfile.write(text.encode())
