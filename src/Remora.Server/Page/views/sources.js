// Exchanges and sources: health, errors, next retry.
import { get } from '../api.js';
import { make, panel, place, table } from '../dom.js';
import { known } from '../knowledge.js';
import { fixed, missing, percent } from '../numbers.js';
import { loading } from '../parts/empty.js';
import { health, valueOf } from '../parts/outside.js';
import { ago, due } from '../service-clock.js';
import { plain, signalOf } from '../words.js';

const every = 10_000;
const kinds = { live: 'good', starting: 'unknown', warming: 'worn', degraded: 'worn', unreachable: 'bad' };
const stateOf = ({ state }) => health(kinds[state] ?? 'unknown', plain(state));
const when = (text, reason) => text ? ago(text) : missing(reason);

const nextTry = feed => feed.next_try ? due(feed.next_try) : missing('none scheduled');
const nothing = (why, more) => make('p', { class: 'empty' }, make('strong', null, why), more);

function trouble({ last_error: error, consecutive_failures: failures }) {
  if (!error) return make('span', { class: 'soft' }, 'none');
  return make('span', null, make('strong', null, plain(error.kind)),
    failures > 0 ? ` (${failures} in a row) ` : ' (resolved) ', ago(error.at),
    make('small', { class: 'soft' }, ` ${error.message}`));
}

const feeds = markets => table('Candle feeds by market',
  [{ text: 'Market' }, { text: 'State' }, { text: 'From' }, { text: 'Last candle' }, { text: 'Last answer' },
    { text: 'Next try' }, { text: 'Warmed up', number: true }, { text: 'Missing', number: true },
    { text: 'Refused', number: true }, { text: 'Last error' }],
  markets.map(feed => [
    `${feed.market.pair} ${feed.market.timeframe}`, stateOf(feed),
    feed.exchange === feed.market.exchange ? feed.exchange : `${feed.exchange} for ${feed.market.exchange}`,
    when(feed.last_candle_close, 'no candle yet'), when(feed.last_success, 'no answer yet'), nextTry(feed),
    percent(feed.warm_up_ratio), fixed(feed.candles_missing, 0),
    fixed(Object.values(feed.refused).reduce((a, b) => a + b, 0), 0), trouble(feed),
  ]), { isWide: true });

const held = ({ signal, value, held_at: heldAt, stale }) => make('li', null,
  `${signalOf(signal).word} `, valueOf(signal, value), ' ', make('span', { class: 'small soft' }, ago(heldAt)),
  stale && [' ', health('worn', 'too old')]);

const outsiders = sources => table('Outside sources: last values, health and errors',
  [{ text: 'Source' }, { text: 'State' }, { text: 'Values' }, { text: 'Last answer' }, { text: 'Next try' },
    { text: 'Last error' }],
  sources.map(({ health: feed, values }) => [
    feed.name, stateOf(feed),
    values.length === 0
      ? missing(feed.signals.length === 0 ? 'dates of the calendar'
        : `no value of ${feed.signals.map(name => signalOf(name).word).join(' and ')} yet`)
      : make('ul', null, values.map(held)),
    when(feed.last_success, 'no answer yet'), nextTry(feed), trouble(feed),
  ]), { isWide: true });

function bridgeHealth({ running, restarts, last_failure: failure }) {
  return make('p', { class: 'small' },
    health(running ? 'good' : 'bad', `The exchange bridge is ${running ? 'running' : 'not running'}`),
    `; restarts: ${fixed(restarts, 0)}${failure ? `, last failure: ${failure}` : ''}`);
}

export const sources = {
  name: 'sources',
  title: 'Sources',

  show(main, _, signal) {
    const markets = place(), outside = place(), bridge = place();
    main.replaceChildren(
      make('h1', { class: 'unseen' }, 'Sources'),
      panel('Exchanges', markets, bridge),
      panel('Outside sources', outside));
    const showStatus = () => {
      if (!known.status) return markets.show(loading());
      markets.show(feeds(known.status.markets));
      bridge.show(known.status.bridge && bridgeHealth(known.status.bridge));
    };
    const ask = async () => {
      try {
        const { sources: list } = await get('sources', {}, signal);
        if (signal.aborted) return;
        outside.show(list.length > 0
          ? outsiders(list)
          : nothing('No outside source is configured', 'The score uses candles only.'));
      } catch (error) {
        if (!signal.aborted && !outside.firstChild) outside.show(nothing('Not available', error.message));
      }
    };
    showStatus();
    ask();
    known.on('status', showStatus, signal);
    const timer = setInterval(ask, every);
    signal.addEventListener('abort', () => clearInterval(timer), { once: true });
  },
};
