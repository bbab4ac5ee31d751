// Sends requests with types that openapi-typescript generates from docs/openapi.json. It must
// compile in strict mode. Prints the results as one line of JSON.
import createClient from 'openapi-fetch';
import type { components, paths } from './schema.mjs';

declare const process: { argv: string[] };

const client = createClient<paths>({ baseUrl: process.argv[2]!, headers: { Authorization: 'Bearer none' } });

function have<T>(value: T | null | undefined, what: string): T {
  if (value === null || value === undefined) throw new Error(`there is no ${what}`);
  return value;
}

// One market. Required fields need no question mark; unknown values are number or null.
const pair = 'BTC/USDT';
const current = await client.GET('/api/v1/risk', { params: { query: { pair, side: 'long' } } });
const risk = have(current.data, 'assessment');
if ('breadth' in risk) throw new Error('the whole market answered for a pair');
const safe: boolean = risk.safe_to_trade;
const score: number | null = risk.risk_score;
const regime: 'bull' | 'sideways' | 'bear' | 'choppy' | 'high_vol' | 'panic' | null = risk.regime;
const why: string = risk.reasoning.join(' ') + risk.blocked_by.join(' ') + regime + safe + risk.risk_breakdown.external;
// @ts-expect-error a score may be null
risk.risk_score.toFixed(2);

// @ts-expect-error the side is unknown: this does not compile, and the service refuses it
const wrong = await client.GET('/api/v1/risk', { params: { query: { side: 'sideways' } } });
if (wrong.response.status !== 400) throw new Error(`a wrong side was answered with ${wrong.response.status}`);

// @ts-expect-error a pair is required here
const missing = await client.GET('/api/v1/regime');
if (missing.response.status !== 400) throw new Error(`a missing pair was answered with ${missing.response.status}`);

// The whole market.
const whole = have((await client.GET('/api/v1/risk')).data, 'whole market');
if (!('breadth' in whole)) throw new Error('a pair answered for the whole market');
const members = whole.pairs.map(({ pair }) => pair);

// Several pairs, including untracked ones.
const several = await client.GET('/api/v1/risk/batch', { params: { query: { pairs: 'BTC/USDT,DOGE/EUR' } } });
const batch = have(several.data, 'batch');
const unknown = batch.unknown.map(({ pair }) => pair);

// An error is a problem with a type.
const { error, response } = await client.GET('/api/v1/risk', { params: { query: { pair: 'DOGE/EUR' } } });
const problem: components['schemas']['ApiProblem'] = have(error, 'problem');

// History in buckets and as single assessments: the interval discriminates the types.
const hourly = { pair, interval: '1h', from: '-7d', limit: 10 } as const;
const history = have((await client.GET('/api/v1/history', { params: { query: hourly } })).data, 'history');
if (typeof history === 'string' || history.interval === 'each')
  throw new Error('each answer, though buckets were asked for');
const mean: number | null = history.rows[0]!.risk_mean;
const each = { pair, interval: 'each', from: '-7d', limit: 10 } as const;
const said = have((await client.GET('/api/v1/history', { params: { query: each } })).data, 'history');
if (typeof said === 'string' || said.interval !== 'each') throw new Error('buckets, though each answer was asked for');
const last: string | null = said.rows.at(-1)!.as_of;

// A file of rows.
const fewCandles = { pair, from: '-7d', format: 'csv', limit: 5 } as const;
const file = await client.GET('/api/v1/candles', { params: { query: fewCandles }, parseAs: 'text' });
const csv = String(have(file.data, 'file')).replaceAll('"', '');

// The first event of the stream.
const abort = new AbortController();
const { signal } = abort;
const stream = await client.GET('/api/v1/stream', { params: { query: { pair } }, parseAs: 'stream', signal });
let text = '';
const decoder = new TextDecoderStream() as unknown as ReadableWritablePair<string, Uint8Array>;
const reader = (have(stream.data, 'stream') as ReadableStream<Uint8Array>).pipeThrough(decoder).getReader();
while (!/^data: .*\n\n/m.test(text)) text += have((await reader.read()).value, 'event');
abort.abort();
const field = (name: string): string => have(new RegExp(`^${name}: (.*)$`, 'm').exec(text)?.[1], name);
const event = { event: field('event'), id: field('id'), data: field('data') } as components['schemas']['StreamEvent'];
const told = JSON.parse(event.data) as components['schemas']['Assessment'];

console.log(JSON.stringify({
  pair: told.pair, score, why, mean, last, members, unknown, status: response.status, parameter: problem.parameter,
  buckets: history.rows.length, each: said.rows.length, csv, event: event.event,
}));
