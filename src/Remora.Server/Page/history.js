// The past of a market, as the interface has it, in the rows that charts show.
import { get } from './api.js';
import { known } from './knowledge.js';

export const intervals = { '1m': 60, '1h': 3600, '6h': 21_600, '12h': 43_200, '1d': 86_400 };
const day = 86_400;
const iso = ms => new Date(ms).toISOString();

/** The finest rollup whose buckets a screen can still tell apart over so many seconds. */
export const intervalFor = seconds => seconds <= 3 * day ? '1m' : seconds <= 45 * day ? '1h' : seconds <= 200 * day ? '6h' : seconds <= 400 * day ? '12h' : '1d';

/** Of a timeframe such as 5m. */
export const secondsOf = timeframe => Number(timeframe.slice(0, -1)) * { m: 60, h: 3600, d: day, w: 7 * day }[timeframe.at(-1)];

const mostRows = 10_000; // of a page of the interface

/** Why the service cannot be asked for the past, in its own words; null when it can. It is not asked in vain. */
export function whyNoPast() {
  const store = known.status?.store;
  if (!store) return 'This service keeps no past: it runs without a store.';
  return store.ready ? null : store.error ?? 'The store is being opened.';
}

export const queryOf = ({ pair, exchange, timeframe }, from, to, interval) =>
  ({ pair, exchange, timeframe, side: known.viewpoint.side, policy: known.viewpoint.policy, from: iso(from), to: iso(to), interval });

const rowOf = (bucket, step) => ({
  at: Date.parse(bucket.time) / 1000 + (step > intervals['1m'] ? step : 0), price: bucket.close_last, score: bucket.risk_mean, regime: bucket.regime_last,
  blocked: bucket.assessments > 0 ? bucket.blocked / bucket.assessments : null, bucket,
});

/** Rows {at, price, score, regime, blocked, bucket} between two instants in milliseconds; at is when a bucket ends; a minute's stands where its candle closed. */
export async function readPast(market, from, to, interval, signal) {
  const { rows } = await get('history', { ...queryOf(market, from, to, interval), limit: mostRows }, signal);
  return rows.map(bucket => rowOf(bucket, intervals[interval]));
}

/** Since when the last row's verdict has stood; null when there is no row, or when the last bucket has both. */
export function unchangedSince(rows) {
  const last = rows.at(-1)?.blocked;
  if (last !== 0 && last !== 1) return null;
  const change = rows.findLastIndex(row => row.blocked !== last);
  return { isBlocked: last === 1, since: rows[change + 1].bucket.time, isLonger: change < 0 };
}

/** The assessment as it was known at an instant. */
export const readThen = ({ pair, exchange, timeframe }, at, signal) =>
  get('assessment', { pair, exchange, timeframe, policy: known.viewpoint.policy, at: iso(at) }, signal);
