"""Receives Remora's webhooks and prints genuine events. Standard library only.

    WEBHOOK_SECRET=... python3 receive.py 9100
"""

import hashlib
import hmac
import json
import os
import sys
import time
from http.server import BaseHTTPRequestHandler, HTTPServer


def is_genuine(header, body, secret, now=None, tolerance=300):
    """Returns whether ``body`` was signed with ``secret`` within ``tolerance`` seconds."""
    parts = [part.partition("=") for part in (header or "").split(",")]
    at = next((value for name, _, value in parts if name == "t"), "")
    if not at.isdigit() or abs((time.time() if now is None else now) - int(at)) > tolerance:
        return False
    expected = hmac.new(secret.encode(), at.encode() + b"." + body, hashlib.sha256).hexdigest()
    return any(name == "v1" and hmac.compare_digest(value.encode(), expected.encode()) for name, _, value in parts)


class Receiver(BaseHTTPRequestHandler):
    seen = set()

    def do_POST(self):
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        genuine = is_genuine(self.headers.get("X-Remora-Signature"), body, os.environ["WEBHOOK_SECRET"])
        self.send_response(204 if genuine else 401)
        self.end_headers()
        if not genuine:
            return
        event = json.loads(body)
        if event["id"] in self.seen:
            return  # an event can come twice: the answer to the first may have been lost
        self.seen.add(event["id"])
        after = event["after"]
        state = f"safe={after['safe_to_trade']} regime={after['regime']}"
        print(f"{event['event']}: {event['pair']} {event['side']} {state}", flush=True)

    def log_message(self, *_):
        pass


if __name__ == "__main__":
    server = HTTPServer(("127.0.0.1", int(sys.argv[1])), Receiver)
    print(f"listening on http://127.0.0.1:{server.server_address[1]}", flush=True)
    server.serve_forever()
