// Streams of positions that an exchange closes by force. Every subscription has its own exchange
// instance, because CCXT's sockets, caches and rejections live in it and end with it. The parent
// reconnects, because it tracks which hours were received completely.
import { BadResponse, BadSymbol, NotSupported, RequestTimeout, create } from './ccxt.mjs';
import { perpetualsOf, redirected } from './exchanges.mjs';
import { loadMarketOf } from './markets.mjs';
import { settings } from './settings.mjs';

const largestFrame = 1 << 20; // bytes

const finite = (value) => (Number.isFinite(value) ? value : null);

async function instanceFor(id, markets) {
  const exchange = redirected(await create(id, {
    enableRateLimit: settings.rateLimit,
    newUpdates: true,
    options: { ws: { options: { maxPayload: largestFrame }, backoff: { base: 0, max: 0 } } },
  }));
  exchange.streaming = {
    ...exchange.streaming, keepAlive: settings.streamKeepAlive, connectionTimeout: settings.requestDeadline,
  };
  exchange.setMarkets(markets.markets, markets.currencies);
  return exchange;
}

/**
 * Replaces CCXT's list of liquidations by one that passes on all of them: CCXT returns one
 * liquidation of a message that contains several, and the first of OKX's lists. Drops the symbols
 * that were not requested, because OKX sends liquidations of all its perpetuals.
 */
function passOn(exchange, symbols, receive) {
  exchange.liquidations = {
    append: (one) => {
      if (one.symbol && !symbols.includes(one.symbol)) return;
      // CCXT drops the contract size of the liquidation itself.
      const size = exchange.markets[one.symbol]?.contractSize ?? NaN;
      const { symbol = null, timestamp, price, contracts } = one;
      receive({ symbol, time: finite(timestamp), price: finite(price), amount: finite(contracts * size) });
    },
  };
  const handle = exchange.handleLiquidation.bind(exchange);
  exchange.handleLiquidation = (client, message) => {
    const split = Array.isArray(message?.data) && message.data.some((row) => Array.isArray(row?.details));
    if (!split) return handle(client, message);
    for (const row of message.data) {
      for (const detail of row.details ?? []) handle(client, { ...message, data: [{ ...row, details: [detail] }] });
    }
  };
}

/** Reports every frame, and rejects frames that are not messages: CCXT would ignore them. */
function listen(exchange, onFrame) {
  const handle = exchange.handleMessage.bind(exchange);
  exchange.handleMessage = (client, message) => {
    const isMessage = (message !== null && typeof message === 'object') || message === 'pong';
    if (!isMessage) {
      client.onError(new BadResponse(`${exchange.id}: a frame that is not a message: ${String(message).slice(0, 60)}`));
      client.close();
      return;
    }
    handle(client, message);
    onFrame();
  };
}

/** Returns the symbols that the exchange lists. */
async function listedOf(exchange, symbols) {
  const listed = [];
  for (const symbol of symbols) {
    try {
      await loadMarketOf(exchange, symbol);
      listed.push(symbol);
    } catch (error) {
      if (!(error instanceof BadSymbol)) throw error;
    }
  }
  if (listed.length === 0) throw new BadSymbol(`${exchange.id} lists none of ${symbols.join(', ')}`);
  return listed;
}

/**
 * Emits {open, missing}, then {liquidation} and {alive} until the signal aborts. Fails if the
 * connection fails.
 */
export async function liquidations({ exchange: id, symbols }, emit, signal) {
  const markets = await perpetualsOf(id);
  const { watchLiquidationsForSymbols: many, watchLiquidations: each } = markets.has;
  if (many !== true && each !== true) throw new NotSupported(`${id} offers no stream of liquidations`);
  const listed = await listedOf(markets, symbols);
  const exchange = await instanceFor(id, markets);
  if (settings.baseUrl) await exchange.loadHttpProxyAgent();

  let isOpen = false;
  let frames = 0;
  passOn(exchange, listed, (liquidation) => emit({ liquidation }));
  listen(exchange, () => {
    frames++;
    if (isOpen) return;
    isOpen = true; // the first frame is the confirmation
    emit({ open: listed, missing: symbols.filter((symbol) => !listed.includes(symbol)) });
  });

  let fail;
  const broken = new Promise((_, reject) => { fail = reject; });
  broken.catch(() => {});
  let pong = 0;
  const beat = setInterval(() => {
    const last = Math.max(0, ...Object.values(exchange.clients).map((client) => client.lastPong ?? 0));
    if (isOpen && (frames > 0 || last > pong)) emit({ alive: true });
    [frames, pong] = [0, Math.max(pong, last)];
  }, settings.streamBeat);
  const opening = setTimeout(() => {
    if (!isOpen) fail(new RequestTimeout(`${id}: no confirmation within ${settings.requestDeadline} ms`));
  }, settings.requestDeadline);
  const stopped = new Promise((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
  const watch = async (call) => {
    while (!signal.aborted) await call();
  };
  try {
    const calls = many === true
      ? [() => exchange.watchLiquidationsForSymbols(listed)]
      : listed.map((symbol) => () => exchange.watchLiquidations(symbol));
    const watching = calls.map(watch);
    for (const one of watching) one.catch(() => {});
    await Promise.race([...watching, stopped, broken]);
  } finally {
    clearInterval(beat);
    clearTimeout(opening);
    await exchange.close().catch(() => {});
  }
}
