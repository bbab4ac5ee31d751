// The past of a market, as the interface has it, in the rows that charts show.
import { get } from './api.js';

const iso = ms => new Date(ms).toISOString();

/** Rows {at, price, score, regime, blocked} from the store between two instants in milliseconds. */
export async function readPast({ pair, exchange, timeframe }, from, to, step, signal) {
  const query = { pair, exchange, timeframe, from: iso(from), to: iso(to) };
  const { rows } = await get('history', { ...query, interval: '1m' }, signal);
  return rows;
}
