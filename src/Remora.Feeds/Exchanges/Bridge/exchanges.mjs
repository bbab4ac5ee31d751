// One instance per exchange: CCXT's rate limiter lives in the instance, so candles never have two.
// Perpetuals, which are requested twice in five minutes, have an instance of their own: if their
// markets cannot be loaded, CCXT would discard those of the candles too.
import { BadRequest, Exchange, create, exchanges as ids } from './ccxt.mjs';
import { redirectUrls } from './base-url.mjs';
import { guardMarkets } from './markets.mjs';
import { settings } from './settings.mjs';
import { guardTransport } from './transport.mjs';

const instances = new Map();

/**
 * CCXT sorts candles and drops those without a time. The parent validates them itself and counts
 * what it refuses.
 */
function keepRowsRaw(exchange) {
  // A response of another shape, such as btcturk's columns.
  if (exchange.parseOHLCVs !== Exchange.prototype.parseOHLCVs) return;
  exchange.parseOHLCVs = (rows, market) => Object.values(rows ?? {}).map((row) => exchange.parseOHLCV(row, market));
}

export function perpetualsOf(id) {
  return exchangeOf(id, `${id} perpetuals`);
}

/** Redirects the exchange to the local server, if one is set. */
export function redirected(exchange) {
  if (settings.baseUrl) redirectUrls(exchange, settings.baseUrl);
  return exchange;
}

/** Returns the promise of an exchange, the same at each call. */
export async function exchangeOf(id, key = id) {
  if (!ids.includes(id)) throw new BadRequest(`unknown exchange '${id}'`);
  if (!instances.has(key)) {
    const made = make(id);
    made.catch(() => instances.delete(key));
    instances.set(key, made);
  }
  return instances.get(key);
}

async function make(id) {
  const exchange = await create(id, {
    enableRateLimit: settings.rateLimit,
    timeout: settings.requestDeadline,
    enableLastHttpResponse: false, // keeps no copy of the last body
    enableLastJsonResponse: false,
  });
  redirected(exchange);
  guardTransport(exchange);
  guardMarkets(exchange);
  keepRowsRaw(exchange);
  return exchange;
}
