// Chooses a market, a moment or a span in the views of the past.
import { make } from '../dom.js';
import { known } from '../knowledge.js';

export function marketChoice(chosen, change) {
  const select = make('select', { onchange: () => change(select.value) }, known.markets.map(({ key, pair, exchange, timeframe }) =>
    make('option', { value: key, selected: key === chosen }, `${pair} (${exchange}, ${timeframe})`)));
  return make('label', null, 'Market', select);
}

/** A field for a moment in UTC; milliseconds go in and come out. */
export function momentField(word, at) {
  const input = make('input', { type: 'datetime-local', step: 1, value: new Date(at).toISOString().slice(0, 19), required: true });
  return { element: make('label', null, `${word} (UTC)`, input), read: () => Date.parse(input.value + 'Z'), input };
}

export const segments = (label, names, chosen, change) => make('div', { class: 'labelled', role: 'group', 'aria-label': label }, make('span', { 'aria-hidden': 'true' }, label), make('div', { class: 'segments' }, names.map(([value, word]) => make('button', { type: 'button', 'aria-pressed': String(value === chosen), onclick: () => change(value) }, word))));

/** The market that the address names, or the first. */
export const marketOf = query => known.markets.find(({ key }) => key === query.get('market')) ?? known.markets[0];

/** Goes to a view with a query, leaving out what is null. */
export function go(view, query) {
  const given = Object.entries(query).filter(([, value]) => value !== null && value !== undefined);
  location.hash = `#/${view}?${new URLSearchParams(given)}`;
}

/** Shows a view once the markets are known, and says so until then. */
export function whenMarketsAreKnown(main, title, signal, show) {
  if (known.markets.length > 0) return show();
  main.replaceChildren(make('h1', { class: 'unseen' }, title), make('p', { class: 'panel soft' }, 'Asking …'));
  const first = new AbortController();
  known.on('markets', () => {
    first.abort();
    show();
  }, AbortSignal.any([signal, first.signal]));
}
