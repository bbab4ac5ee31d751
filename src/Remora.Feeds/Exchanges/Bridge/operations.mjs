// The operations that the parent can request.
import { BadRequest, BadResponse, BadSymbol, NotSupported, exchanges, version } from './ccxt.mjs';
import { exchangeOf } from './exchanges.mjs';
import { liquidations } from './liquidations.mjs';
import { fundingHistoryOf, fundingOf, openInterestHistoryOf, openInterestOf } from './perpetuals.mjs';
import { loadMarketOf, loadSymbols } from './markets.mjs';

function requireTimeframe(exchange, timeframe) {
  // CCXT forwards an unknown timeframe, and Kraken responds to it.
  const offered = Object.keys(exchange.timeframes ?? {});
  if (!offered.includes(timeframe)) {
    throw new BadRequest(`${exchange.id} does not offer the timeframe ${timeframe}, only ${offered.join(', ')}`);
  }
}

/**
 * Some exchanges serve old candles from another endpoint, and CCXT chooses it by the current time.
 * This must be the caller's time: a sandbox's time differs from the system's.
 */
function setClock(exchange, now) {
  const ahead = now - Date.now();
  exchange.milliseconds = () => Date.now() + ahead;
  exchange.seconds = () => Math.floor(exchange.milliseconds() / 1000);
}

function pageLimit(exchange) {
  return exchange.features?.spot?.fetchOHLCV?.limit ?? null;
}

/** Operations that run until they are stopped: (request, emit, signal). */
export const streams = { liquidations };

export const operations = {
  async ping() {
    return null;
  },

  async exchanges() {
    return { ccxt: version, ids: exchanges };
  },

  async describe({ exchange: id }) {
    const exchange = await exchangeOf(id);
    return {
      id: exchange.id,
      name: exchange.name,
      timeframes: Object.keys(exchange.timeframes ?? {}),
      page_limit: pageLimit(exchange),
      rate_limit_ms: exchange.rateLimit,
    };
  },

  async markets({ exchange: id }) {
    return loadSymbols(await exchangeOf(id));
  },

  /** Returns whether the exchange lists a market that is not closed. */
  async lists({ exchange: id, symbol }) {
    const exchange = await exchangeOf(id);
    try {
      await loadMarketOf(exchange, symbol);
    } catch (error) {
      if (error instanceof BadSymbol) return false;
      throw error;
    }
    return exchange.markets[symbol].active !== false;
  },

  fundingRate: fundingOf,

  openInterest: openInterestOf,

  fundingHistory: fundingHistoryOf,

  openInterestHistory: openInterestHistoryOf,

  /**
   * Returns rows of [open time in ms, open, high, low, close, volume] as the exchange sent them. A
   * missing value is null.
   */
  async candles({ exchange: id, symbol, timeframe, since, limit, now }) {
    const exchange = await exchangeOf(id);
    if (Number.isSafeInteger(now)) setClock(exchange, now);
    if (exchange.has.fetchOHLCV !== true) throw new NotSupported(`${id} offers no candles`);
    requireTimeframe(exchange, timeframe);
    await loadMarketOf(exchange, symbol);
    const rows = await exchange.fetchOHLCV(symbol, timeframe, since ?? undefined, limit ?? undefined);
    if (!Array.isArray(rows)) throw new BadResponse(`${id} returned no list of candles for ${symbol}`);
    return rows.map((row) => Array.from({ length: 6 }, (_, i) => (Number.isFinite(row?.[i]) ? row[i] : null)));
  },
};
