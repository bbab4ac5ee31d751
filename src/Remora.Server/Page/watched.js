// Data received since the page was opened. Charts show it if there is no store.
import { get } from './api.js';
import { known } from './knowledge.js';

const longest = 5000;
const seen = new Map(); // by market: rows, one per candle

/** Rows {at, price, score, regime, blocked}; at in seconds, the close of the candle. */
export const seenOf = key => seen.get(key) ?? [];

const priceOf = async ({ pair, exchange, timeframe }) => {
  const { inputs, as_of } = await get('volatility', { pair, exchange, timeframe });
  return { price: inputs.close, at: Date.parse(as_of) / 1000 };
};

export function startWatching() {
  known.on('viewpoint', () => seen.clear());
  known.on('assessment', ({ key, assessment }) => {
    if (assessment.as_of === null) return;
    const rows = seen.get(key) ?? seen.set(key, []).get(key);
    const at = Date.parse(assessment.as_of) / 1000;
    const last = rows.at(-1);
    const { risk_score: score, regime, safe_to_trade: isSafe } = assessment;
    const row = { at, price: null, score, regime, blocked: isSafe ? 0 : 1 };
    if (last?.at === at) Object.assign(last, { ...row, price: last.price });
    else if (!last || at > last.at) rows.push(row);
    if (rows.length > longest) rows.shift();
  });
}

/**
 * Requests the price of the last candle of one market, once per candle. The API returns it with the
 * volatility.
 */
export async function addPrice(market) {
  const last = seenOf(market.key).at(-1);
  if (!last || last.price !== null || last.asked) return false;
  last.asked = true;
  try {
    const { price, at } = await priceOf(market);
    const row = seenOf(market.key).find(candidate => candidate.at === at);
    if (row) row.price = price;
    return row !== undefined;
  } catch {
    return false; // the next candle retries
  }
}
