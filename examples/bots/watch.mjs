// Reads the event stream with fetch (Node.js 20 or later): prints each assessment when it changes,
// and reconnects after outages.
//   node watch.mjs BTC/USDT,ETH/USDT        all tracked pairs without an argument
const base = process.env.REMORA_URL || "http://127.0.0.1:8000";
const pairs = process.argv[2];
const silence = 60_000; // the service sends a heartbeat every 15 s

async function* events(response, alive) {
  let text = "";
  for await (const chunk of response.body.pipeThrough(new TextDecoderStream())) {
    alive();
    text += chunk;
    for (let end; (end = text.indexOf("\n\n")) >= 0; text = text.slice(end + 2)) {
      const fields = text.slice(0, end).split("\n").map((line) => {
        const colon = line.indexOf(":");
        return [line.slice(0, colon), line.slice(colon + 1).trimStart()];
      });
      yield Object.fromEntries(fields); // a heartbeat is a comment, a field without a name
    }
  }
}

for (let lastId; ; await new Promise((resolve) => setTimeout(resolve, 2000))) {
  const abort = new AbortController();
  let timer;
  const alive = () => {
    clearTimeout(timer);
    timer = setTimeout(() => abort.abort(new Error("no data from the stream")), silence);
  };
  try {
    alive();
    const query = pairs ? `?${new URLSearchParams({ pair: pairs })}` : "";
    const headers = lastId ? { "Last-Event-ID": lastId } : {};
    const response = await fetch(`${base}/api/v1/stream${query}`, { headers, redirect: "error", signal: abort.signal });
    if (response.status >= 400 && response.status < 500 && ![408, 429].includes(response.status)) {
      console.error((await response.json()).detail);
      process.exit(2);
    }
    if (response.status !== 200) throw new Error(`the service returned ${response.status}`);
    for await (const event of events(response, alive)) {
      lastId = event.id ?? lastId;
      if (event.event !== "assessment") continue;
      const answer = JSON.parse(event.data);
      const verdict = answer.safe_to_trade ? "safe" : `not safe: ${answer.blocked_by.join(", ")}`;
      console.log(`${answer.pair}: ${verdict}, regime ${answer.regime}`);
    }
  } catch (error) {
    console.error(`the stream is interrupted: ${error.message}`);
  } finally {
    clearTimeout(timer);
  }
}
