// Receives Remora's webhooks and prints genuine events. Requires only Node.js 20 or later.
//   WEBHOOK_SECRET=... node receive.mjs 9100
import { createHmac, timingSafeEqual } from "node:crypto";
import { createServer } from "node:http";
import { pathToFileURL } from "node:url";

/**
 * Returns whether `body` (the received Buffer) was signed with `secret` within `tolerance` seconds.
 */
export function isGenuine(header, body, secret, now = Date.now() / 1000, tolerance = 300) {
  const parts = (header ?? "").split(",").map((part) => part.split("="));
  const at = parts.find(([name]) => name === "t")?.[1] ?? "";
  if (!/^\d+$/.test(at) || Math.abs(now - Number(at)) > tolerance) return false;
  const expected = createHmac("sha256", secret).update(`${at}.`).update(body).digest();
  return parts.some(([name, value]) => {
    const given = Buffer.from(name === "v1" ? (value ?? "") : "", "hex");
    return given.length === expected.length && timingSafeEqual(given, expected);
  });
}

const seen = new Set();

async function receive(request, response) {
  const chunks = [];
  for await (const chunk of request) chunks.push(chunk);
  const body = Buffer.concat(chunks);
  const genuine = isGenuine(request.headers["x-remora-signature"], body, process.env.WEBHOOK_SECRET);
  response.writeHead(genuine ? 204 : 401).end();
  if (!genuine) return;
  const event = JSON.parse(body);
  if (seen.has(event.id)) return; // an event can arrive twice, for example after a lost response
  seen.add(event.id);
  const { safe_to_trade: safe, regime } = event.after;
  console.log(`${event.event}: ${event.pair} ${event.side} safe=${safe} regime=${regime}`);
}

if (import.meta.url === pathToFileURL(process.argv[1]).href) {
  const server = createServer(receive);
  server.listen(Number(process.argv[2]), "127.0.0.1", () => {
    console.log(`listening on http://127.0.0.1:${server.address().port}`);
  });
}
