// Reads a market's history from the API into rows for charts.
import { get } from './api.js';
import { known } from './knowledge.js';

export const intervals = { '1m': 60, '1h': 3600, '6h': 21_600, '12h': 43_200, '1d': 86_400 };
const day = 86_400;
const iso = ms => new Date(ms).toISOString();

/** The finest interval whose buckets are distinguishable on a screen over this many seconds. */
export function intervalFor(seconds) {
  if (seconds <= 3 * day) return '1m';
  if (seconds <= 45 * day) return '1h';
  if (seconds <= 200 * day) return '6h';
  return seconds <= 400 * day ? '12h' : '1d';
}

/** The length of a timeframe such as 5m. */
export const secondsOf = timeframe =>
  Number(timeframe.slice(0, -1)) * { m: 60, h: 3600, d: day, w: 7 * day }[timeframe.at(-1)];

const mostRows = 10_000; // the API's maximum per page

/**
 * Why history is unavailable, as reported by the service; null if it is available. Avoids requests
 * that cannot succeed.
 */
export function whyNoPast() {
  const store = known.status?.store;
  if (!store) return 'This service keeps no past: it runs without a store.';
  return store.ready ? null : store.error ?? 'The store is being opened.';
}

export const queryOf = ({ pair, exchange, timeframe }, from, to, interval) => ({
  pair, exchange, timeframe, side: known.viewpoint.side, policy: known.viewpoint.policy,
  from: iso(from), to: iso(to), interval,
});

const rowOf = (bucket, step) => ({
  at: Date.parse(bucket.time) / 1000 + (step > intervals['1m'] ? step : 0),
  price: bucket.close_last, score: bucket.risk_mean, regime: bucket.regime_last,
  blocked: bucket.assessments > 0 ? bucket.blocked / bucket.assessments : null, bucket,
});

/**
 * Returns rows {at, price, score, regime, blocked, bucket} between two times in milliseconds. at is
 * the end of a bucket; for one minute, it is the close of the candle.
 */
export async function readPast(market, from, to, interval, signal) {
  const { rows } = await get('history', { ...queryOf(market, from, to, interval), limit: mostRows }, signal);
  return rows.map(bucket => rowOf(bucket, intervals[interval]));
}

/**
 * The time of the last change of the verdict; null if there is no row, or if the last bucket
 * contains both verdicts.
 */
export function unchangedSince(rows) {
  const last = rows.at(-1)?.blocked;
  if (last !== 0 && last !== 1) return null;
  const change = rows.findLastIndex(row => row.blocked !== last);
  return { isBlocked: last === 1, since: rows[change + 1].bucket.time, isLonger: change < 0 };
}

/** Returns the assessment as it was known at a time. */
export const readThen = ({ pair, exchange, timeframe }, at, signal) =>
  get('assessment', { pair, exchange, timeframe, policy: known.viewpoint.policy, at: iso(at) }, signal);
