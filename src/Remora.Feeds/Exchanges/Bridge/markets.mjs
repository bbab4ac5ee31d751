// An exchange's list of markets: only the required types, loaded once, and loaded again after a
// failure.
import { BadResponse, BadSymbol } from './ccxt.mjs';

// ms: an unknown symbol may be a new listing, but reload at most this often.
const reloadAfter = 10 * 60 * 1000;
const loadedAt = new WeakMap();

function wantedTypes(symbol, offered) {
  const [pair, settle] = symbol.split(':');
  if (settle === undefined) return ['spot'];
  if (offered.includes('linear')) return [pair.endsWith('/' + settle) ? 'linear' : 'inverse'];
  return settle.includes('-') ? ['future', 'contract'] : ['swap', 'contract'];
}

/**
 * Returns the entries of CCXT's `options.fetchMarkets.types` that contain this symbol: BTC/USDT is
 * spot, BTC/USDT:USDT a swap, BTC/USDT:USDT-261225 a future.
 */
function typesOf(symbol, offered) {
  const wanted = wantedTypes(symbol, offered);
  const fitting = offered.filter((type) => wanted.includes(type));
  return fitting.length > 0 ? fitting : offered;
}

export function guardMarkets(exchange) {
  const option = exchange.options.fetchMarkets;
  if (Array.isArray(option?.types)) {
    exchange.offeredMarketTypes = option.types;
    option.types = [];
  }
  const load = exchange.loadMarkets.bind(exchange);
  exchange.loadMarkets = async (reload, params) => {
    try {
      const markets = await load(reload, params);
      if (Object.keys(markets).length === 0) throw new BadResponse(`${exchange.id} lists no markets`);
      loadedAt.set(exchange, loadedAt.get(exchange) ?? Date.now());
      return markets;
    } catch (error) {
      exchange.marketsLoading = undefined; // otherwise CCXT would return this failure forever
      exchange.markets = undefined;
      throw error;
    }
  };
}

async function reload(exchange) {
  loadedAt.delete(exchange);
  await exchange.loadMarkets(true);
}

/** Loads the symbol's market if it is not loaded yet. */
export async function loadMarketOf(exchange, symbol) {
  const wanted = exchange.options.fetchMarkets?.types;
  const needed = exchange.offeredMarketTypes ? typesOf(symbol, exchange.offeredMarketTypes) : [];
  const missing = needed.filter((type) => !wanted.includes(type));
  if (missing.length > 0) {
    wanted.push(...missing);
    try {
      await reload(exchange);
    } catch (error) {
      exchange.options.fetchMarkets.types = wanted.filter((type) => !missing.includes(type));
      throw error;
    }
  } else {
    await exchange.loadMarkets();
  }
  if (symbol in exchange.markets) return;
  if (Date.now() - loadedAt.get(exchange) > reloadAfter) await reload(exchange);
  if (!(symbol in exchange.markets)) throw new BadSymbol(`${exchange.id} has no market ${symbol}`);
}

/** Loads the given types, or spot if nothing is loaded yet, and returns all symbols. */
export async function loadSymbols(exchange) {
  const types = exchange.options.fetchMarkets?.types;
  if (exchange.offeredMarketTypes && types.length === 0) types.push(...typesOf('/', exchange.offeredMarketTypes));
  await exchange.loadMarkets();
  const listed = Object.values(exchange.markets).filter((market) => market.active !== false);
  return listed.map((market) => market.symbol).sort();
}
