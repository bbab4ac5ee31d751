// Runs the real CCXT against a sandbox: node ccxt-reads.mjs URL. Reads one JSON request per line
// from standard input and writes one JSON response per line to standard output.
import readline from 'node:readline';
import ccxt from 'ccxt';

const base = process.argv[2];
const exchanges = new Map();

// Redirects every URL of the exchange to the sandbox. The original host becomes the first segment
// of the path.
function redirect(exchange) {
  const local = (_, host) => `${base}/${host.replace('{hostname}', exchange.hostname ?? '')}`;
  const move = value => {
    if (typeof value === 'string') return value.replace(/^https?:\/\/([^/]*)/, local);
    if (Array.isArray(value)) return value.map(move);
    if (!value || typeof value !== 'object') return value;
    return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, move(inner)]));
  };
  exchange.urls.api = move(exchange.urls.api);
}

async function exchangeOf(id) {
  if (!exchanges.has(id)) {
    const exchange = new ccxt[id]({ enableRateLimit: false, timeout: 10_000 });
    redirect(exchange);
    const clock = await (await fetch(`${base}/sandbox/clock`)).json();
    // The requests of some exchanges depend on the current time.
    exchange.milliseconds = () => clock.now_ms;
    exchange.seconds = () => Math.floor(clock.now_ms / 1000);
    await exchange.loadMarkets();
    exchanges.set(id, exchange);
  }
  return exchanges.get(id);
}

for await (const line of readline.createInterface({ input: process.stdin })) {
  const { exchange: id, method, args } = JSON.parse(line);
  let answer;
  try {
    const exchange = await exchangeOf(id);
    const given = args.map(argument => argument ?? undefined);
    answer = { ok: method === 'symbols' ? exchange.symbols : await exchange[method](...given) };
  } catch (error) {
    answer = { error: `${error.name}: ${error.message}` };
  }
  process.stdout.write(JSON.stringify(answer) + '\n');
}
