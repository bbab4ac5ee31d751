// Funding rate and open interest of a perpetual, now and in the past, as the exchange returns them.
// The parent validates them. A missing value is null.
import { BadResponse, NotSupported } from './ccxt.mjs';
import { perpetualsOf } from './exchanges.mjs';
import { loadMarketOf } from './markets.mjs';

const intervalsLast = 60 * 60 * 1000; // ms
const usualHours = 8;
const intervals = new WeakMap();

const finite = (value) => (Number.isFinite(value) ? value : null);

async function marketOn(id, symbol, ability) {
  const exchange = await perpetualsOf(id);
  if (!exchange.has[ability]) throw new NotSupported(`${id} offers no ${ability}`);
  await loadMarketOf(exchange, symbol);
  return exchange;
}

/**
 * Returns the interval of a rate in hours. Binance returns it apart from the rate, and only for
 * intervals other than the usual eight.
 */
async function hoursOf(exchange, symbol, rate) {
  if (rate.interval) return finite(parseInt(rate.interval, 10));
  if (exchange.has.fetchFundingIntervals !== true) return null;
  let known = intervals.get(exchange);
  if (!known || Date.now() - known.at > intervalsLast) {
    known = { at: Date.now(), bySymbol: await exchange.fetchFundingIntervals() };
    intervals.set(exchange, known);
  }
  return finite(parseInt(known.bySymbol[symbol]?.interval ?? usualHours, 10));
}

export async function fundingOf({ exchange: id, symbol }) {
  const exchange = await marketOn(id, symbol, 'fetchFundingRate');
  const rate = await exchange.fetchFundingRate(symbol);
  if (rate?.symbol !== symbol) throw new BadResponse(`${id} returned no funding rate of ${symbol}`);
  const hours = await hoursOf(exchange, symbol, rate);
  return { value: finite(rate.fundingRate), hours, time: finite(rate.timestamp) };
}

export async function openInterestOf({ exchange: id, symbol }) {
  const exchange = await marketOn(id, symbol, 'fetchOpenInterest');
  const interest = await exchange.fetchOpenInterest(symbol);
  if (interest?.symbol !== symbol) throw new BadResponse(`${id} returned no open interest of ${symbol}`);
  return { value: finite(interest.openInterestAmount), time: finite(interest.timestamp) };
}

/** Returns the settled rates from a time on, as rows of [time in ms, rate]. */
export async function fundingHistoryOf({ exchange: id, symbol, since, limit }) {
  const exchange = await marketOn(id, symbol, 'fetchFundingRateHistory');
  const rates = await exchange.fetchFundingRateHistory(symbol, since, limit);
  return rowsOf(id, symbol, rates, (rate) => rate.fundingRate);
}

/** Returns the open interest at the beginning of each day, as rows of [time in ms, value]. */
export async function openInterestHistoryOf({ exchange: id, symbol, since, until, limit }) {
  const exchange = await marketOn(id, symbol, 'fetchOpenInterestHistory');
  const interests = await exchange.fetchOpenInterestHistory(symbol, '1d', since, limit, { until });
  return rowsOf(id, symbol, interests, (interest) => interest.openInterestAmount);
}

function rowsOf(id, symbol, entries, valueOf) {
  if (!Array.isArray(entries)) throw new BadResponse(`${id} returned no list for ${symbol}`);
  return entries.map((entry) => [finite(entry?.timestamp), finite(valueOf(entry ?? {}))]);
}
