// Keeps the page's data current: from the event stream, or by polling while the stream is
// unavailable.
import { get, NoAnswer, takeKeptSince, wantOnlyFresh } from './api.js';
import { readStream } from './event-stream.js';
import { known } from './knowledge.js';
import { hasPassed, setClock } from './service-clock.js';
import { verdictOf } from './words.js';

const pollEvery = 4000, statusEvery = 10_000, firstRetry = 1000, lastRetry = 15_000, withoutStream = 60_000,
  keepEvery = 60_000;
const largestBatch = 100;
let restart = new AbortController();
let knownAdded = '';

function take(assessment) {
  hasPassed(assessment.assessed_at);
  known.setAssessment(assessment, verdictOf(assessment));
}

const pause = (ms, signal) => new Promise(resolve => {
  const timer = setTimeout(resolve, ms);
  signal.addEventListener('abort', () => resolve(clearTimeout(timer)), { once: true });
});

async function askStatus(signal) {
  const asked = performance.now();
  const status = await get('status', {}, signal);
  const kept = takeKeptSince();
  // The clock of a kept answer has stood still.
  if (kept) setClock(new Date().toISOString(), 1, performance.now());
  else setClock(status.clock.now, status.clock.speed, asked);
  known.setStatus(status);
  return status.added.pairs.map(({ pair }) => pair).join();
}

async function askCatalog(signal) {
  const asked = [get('pairs', {}, signal), get('policies', {}, signal), askStatus(signal)];
  const [pairs, policies, added] = await Promise.all(asked);
  knownAdded = added;
  known.setPolicies(policies);
  known.setMarkets(pairs.pairs);
}

/** Asks for the pairs again when some were added or dropped. */
async function askChanges(signal) {
  const added = await askStatus(signal);
  if (added === knownAdded) return;
  known.setMarkets((await get('pairs', {}, signal)).pairs);
  knownAdded = added;
}

async function askAll(signal) {
  const usual = known.markets.filter(market => market.default).map(market => market.pair);
  const others = known.markets.filter(market => !market.default);
  const chunks = Array.from({ length: Math.ceil(usual.length / largestBatch) },
    (_, i) => usual.slice(i * largestBatch, (i + 1) * largestBatch));
  await Promise.all([
    get('risk', known.viewpoint, signal).then(whole => known.setWhole(whole)),
    ...chunks.map(async pairs => {
      const { assessments } = await get('risk/batch', { pairs: pairs.join(','), ...known.viewpoint }, signal);
      assessments.forEach(take);
    }),
    ...others.map(async ({ pair, exchange, timeframe }) =>
      take(await get('risk', { pair, exchange, timeframe, ...known.viewpoint }, signal))),
  ]);
}

/** Shows why there is no answer. Returns the time to wait in milliseconds. */
function failed(error) {
  if (!(error instanceof NoAnswer)) throw error;
  const state = error.status === 401 || error.status === 403 ? 'refused' : error.status === 429 ? 'limited' : 'lost';
  known.setConnection(state, error.message);
  return (error.retryAfter ?? 0) * 1000;
}

/** Polls for a while. Returns as soon as the service answers again, so that the stream is tried. */
async function pollFor(duration, signal) {
  for (const end = performance.now() + duration; !signal.aborted && performance.now() < end;) {
    let wait = pollEvery;
    try {
      takeKeptSince();
      await askAll(signal);
      const kept = takeKeptSince();
      if (kept) {
        known.setConnection('lost', 'the service does not answer', kept);
        await pause(Math.min(wait, Math.max(0, end - performance.now())), signal);
        continue;
      }
      wantOnlyFresh();
      const wasGone = known.connection.state !== 'polling' && known.connection.state !== 'live';
      known.setConnection('polling');
      if (wasGone && duration !== withoutStream) return;
    } catch (error) {
      if (signal.aborted) return;
      wait = Math.max(wait / 2, failed(error));
    }
    await pause(Math.min(wait, Math.max(0, end - performance.now())), signal);
  }
}

const onEvent = ({ event, data }) => {
  if (event === 'assessment') take(JSON.parse(data));
  else if (event === 'market') known.setWhole(JSON.parse(data));
};

export async function connect() {
  setInterval(() => {
    if (!['live', 'polling'].includes(known.connection.state)) return;
    askChanges(restart.signal).catch(() => { /* the loop below detects it */ });
  }, statusEvery);
  // The stream brings changes only to this page. Answers to requests are kept for the next start.
  setInterval(() => {
    if (known.connection.state !== 'live' || !navigator.serviceWorker?.controller) return;
    askAll(restart.signal).catch(() => { /* the loop below detects it */ });
  }, keepEvery);
  for (let wait = firstRetry, resume = { id: null }; ; wait = Math.min(wait * 2, lastRetry)) {
    const { signal } = restart;
    let hasStream = true;
    try {
      await askCatalog(signal);
      await readStream(known.viewpoint, resume, {
        onOpen() {
          wait = firstRetry;
          wantOnlyFresh();
          known.setConnection('live');
        },
        onEvent,
      }, signal);
    } catch (error) {
      hasStream = error.status !== 404;
    }
    if (!signal.aborted) await pollFor(hasStream ? wait : withoutStream, signal);
    if (signal.aborted) resume = { id: null };
  }
}

/** Starts again, for another viewpoint or with a new key. */
export function reconnect() {
  restart.abort();
  restart = new AbortController();
}
