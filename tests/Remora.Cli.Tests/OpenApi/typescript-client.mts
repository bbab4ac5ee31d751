// Uses the TypeScript client against a running service (the argument) and against answers that a
// service does not give. Prints the results as one line of JSON.
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Remora, RemoraError, type Options, type Risk } from './dist/index.js';

const [, , url = ''] = process.argv;
const remora = new Remora({ url, timeout: 60_000 });

const risk = await remora.risk('BTC/USDT', { side: 'long' });
const score: number | null | undefined = risk.risk_score;
// @ts-expect-error a score may be null
risk.risk_score.toFixed(2);
// @ts-expect-error there is no such side
await remora.risk('BTC/USDT', { side: 'sideways' });
const cached = (await remora.risk('BTC/USDT')) === (await remora.risk('BTC/USDT'));

const batch = await remora.batch(['btc/usdt', 'DOGE/EUR', 'ETH/USDT']);
const forecast = await remora.forecast('BTC/USDT', { horizon: '4h', fall: 0.03 });

const book = await remora.portfolio({ wallet: 1000, positions: [{ pair: 'BTC/USDT', notional: 500 }] })
  .catch((error: RemoraError) => error.status);
// @ts-expect-error a position must have a pair
const withoutPair: Parameters<typeof remora.portfolio>[0] = { wallet: 1000, positions: [{ notional: 500 }] };
const badBook = await errorOf(() => remora.portfolio(withoutPair));
const pairs = (await remora.correlations(['ETH/USDT', 'BTC/USDT'])).pairs;

const entry = {
  id: 'typescript-1', bot: 'test', pair: 'BTC/USDT', at: new Date(Date.now() - 60_000).toISOString(),
  verdict: 'refused' as const, blocked_by: ['risk_score'],
};
const receipt = await remora.reportDecisions([entry, entry]).catch((error: RemoraError) => error.status);
const reported = await remora.decisions({ from: '-30d', limit: 1000 }).catch((error: RemoraError) => error.status);

async function errorOf(action: () => Promise<unknown>): Promise<string> {
  try {
    await action();
    return 'none';
  } catch (error) {
    return error instanceof RemoraError ? `${error.status} ${error.isCallersFault}` : String(error);
  }
}

const stop = new AbortController();
const streamed: Risk[] = [];
for await (const change of remora.stream(['BTC/USDT'], { signal: stop.signal })) {
  streamed.push(change);
  stop.abort();
}

// A server whose answer each case sets.
let answer: (response: ServerResponse) => void = () => {};
let requests = 0;
const server = createServer((_, response) => { requests++; answer(response); });
await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', () => resolve()));
const broken = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
const body = (status: number, text: string, headers = {}) => (response: ServerResponse) =>
  response.writeHead(status, headers).end(text);
const sound = JSON.stringify({ pair: 'BTC/USDT', safe_to_trade: true, state: 'ok', position_scale: 0.5 });
const cases: Record<string, (response: ServerResponse) => void> = {
  html: body(200, '<html>'),
  empty: body(200, ''),
  other_pair: body(200, sound.replace('BTC', 'ETH')),
  scale: body(200, sound.replace('0.5', '7')),
  text_for_boolean: body(200, sound.replace('true', '"true"')),
  error_500: body(500, 'no'),
  redirect: body(302, '', { Location: url }),
  truncated: (response) => {
    response.writeHead(200, { 'Content-Length': 1000 });
    response.write('{');
    response.destroy();
  },
  silent: () => {},
};
const decisions: Record<string, string> = {};
for (const [name, respond] of Object.entries(cases)) {
  answer = respond;
  for (const onError of ['allow', 'block'] as const) {
    const client = new Remora({ url: broken, onError, timeout: 300 });
    const { safe_to_trade, answered, error } = await client.risk('BTC/USDT');
    decisions[`${name} ${onError}`] = `${safe_to_trade} ${answered} ${error !== undefined}`;
  }
}

// The last answer, and the pause after a failure.
answer = body(200, sound);
const patient = new Remora({ url: broken, onError: 'last', cacheFor: 0 });
await patient.risk('BTC/USDT');
answer = body(503, '{"detail":"closed"}', { 'Retry-After': '60' });
const last = await patient.risk('BTC/USDT');
requests = 0;
await patient.risk('BTC/USDT');
const requestsAfterFailure = requests;

// Unknown market data follow onError.
answer = body(200, sound.replace('"ok"', '"unknown"'));
const unknown = await new Remora({ url: broken, onError: 'block' }).risk('BTC/USDT');

const refused = (options: Options): string => {
  try {
    new Remora(options);
    return 'accepted';
  } catch (error) {
    return (error as Error).message;
  }
};
server.closeAllConnections();
server.close();

console.log(JSON.stringify({
  pair: risk.pair, answered: risk.answered, score, cached,
  batch: [...batch].map(([pair, { answered }]) => `${pair} ${answered}`),
  horizons: Object.keys(forecast.forecast?.horizons ?? {}), no_forecast: forecast.no_forecast,
  bad_threshold: await errorOf(() => remora.forecast('BTC/USDT', { fall: 2 })),
  not_tracked: await errorOf(() => remora.forecast('DOGE/EUR')),
  stream_refused: await errorOf(async () => { for await (const _ of remora.stream(['DOGE/EUR'])); }),
  streamed: streamed.map(({ pair, answered }) => `${pair} ${answered}`),
  receipt, reported: typeof reported === 'object' ? reported.decisions.map(one => one.report.id) : reported,
  bad_book: badBook, pairs, book: typeof book === 'object' ? Object.keys(book.value_at_risk).join() : book,
  decisions, last: `${last.safe_to_trade} ${last.position_scale} ${last.answered} ${last.error}`, requestsAfterFailure,
  unknown: `${unknown.safe_to_trade} ${unknown.answered}`,
  options: [refused({ url: 'ftp://x' }), refused({ apiKey: 'a b' }), refused({ timeout: 0 })],
}));
