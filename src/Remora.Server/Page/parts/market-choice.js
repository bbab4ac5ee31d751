// Fields for market, time and span in the views of the history.
import { make } from '../dom.js';
import { known } from '../knowledge.js';
import { loading } from './empty.js';

export function marketChoice(chosen, change) {
  const options = known.markets.map(({ key, pair, exchange, timeframe }) =>
    make('option', { value: key, selected: key === chosen }, `${pair} (${exchange}, ${timeframe})`));
  const select = make('select', { onchange: () => change(select.value) }, options);
  return make('label', null, 'Market', select);
}

/**
 * Milliseconds since 1970; NaN for a date that does not exist, which Date.parse would move to the
 * next month.
 */
function timeOf(text) {
  const at = Date.parse(`${text}Z`);
  return !Number.isNaN(at) && new Date(at).toISOString().startsWith(text.slice(0, 16)) ? at : NaN;
}

/**
 * A field for a time in UTC, 24 hours, regardless of the browser's locale. Reads and returns
 * milliseconds.
 */
export function momentField(word, at) {
  const input = make('input', {
    type: 'text', inputmode: 'numeric', size: 19, required: true, spellcheck: 'false',
    placeholder: 'YYYY-MM-DD HH:MM',
    title: 'YYYY-MM-DD HH:MM or YYYY-MM-DD HH:MM:SS, in UTC',
    value: new Date(at).toISOString().slice(0, 19).replace('T', ' '),
    pattern: '\\d{4}-\\d{2}-\\d{2}[ T]\\d{2}:\\d{2}(:\\d{2})?',
  });
  const read = () => timeOf(input.value.trim().replace(' ', 'T'));
  const wrong = 'Enter a date and time that exist, as YYYY-MM-DD HH:MM';
  input.addEventListener('input', () => input.setCustomValidity(Number.isNaN(read()) ? wrong : ''));
  return { element: make('label', null, `${word} (UTC)`, input), read, input };
}

export function segments(label, names, chosen, change) {
  const buttons = names.map(([value, word]) =>
    make('button', { type: 'button', 'aria-pressed': String(value === chosen), onclick: () => change(value) }, word));
  return make('div', { class: 'labelled', role: 'group', 'aria-label': label },
    make('span', { 'aria-hidden': 'true' }, label), make('div', { class: 'segments' }, buttons));
}

/** The market in the address, or the first one. */
export const marketOf = query => known.markets.find(({ key }) => key === query.get('market')) ?? known.markets[0];

/** Opens a view with a query, omitting values that are null. */
export function go(view, query) {
  const given = Object.entries(query).filter(([, value]) => value !== null && value !== undefined);
  location.hash = `#/${view}?${new URLSearchParams(given)}`;
}

/** Shows a view after the markets are loaded. */
export function whenMarketsAreKnown(main, title, signal, show) {
  if (known.markets.length > 0) return show();
  main.replaceChildren(make('h1', { class: 'unseen' }, title), make('div', { class: 'panel' }, loading()));
  const first = new AbortController();
  known.on('markets', () => {
    first.abort();
    show();
  }, AbortSignal.any([signal, first.signal]));
}
