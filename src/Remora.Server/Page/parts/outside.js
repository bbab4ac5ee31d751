// Outside values: value, contribution to the score, source, age and health.
import { make, table } from '../dom.js';
import { icon } from '../icons.js';
import { fixed, missing, number } from '../numbers.js';
import { ago, due, span } from '../service-clock.js';
import { plain, signalOf } from '../words.js';

const healthOf = { fresh: ['good', 'fresh'], stale: ['worn', 'too old'], missing: ['bad', 'missing'] };

/** An icon and a word for a health state. */
export const health = (kind, word) => make('span', { class: 'health', 'data-health': kind }, icon(kind), word);

export function valueOf(name, value) {
  const { unit, digits, factor = 1 } = signalOf(name);
  return make('span', { class: 'nowrap' }, make('data', { value }, fixed(value * factor, digits)), ' ',
    make('span', { class: unit.length > 2 ? 'unit soft small' : 'soft small' }, unit));
}

/** The health of the feed behind a signal, unless it is healthy. */
function feedTrouble(name, base, feeds) {
  const feed = feeds?.find(({ signals, latest }) =>
    signals.includes(name) && latest.every(value => value.base === null || value.base === base));
  if (!feed || feed.state === 'live' || feed.state === 'warming') return null;
  return make('small', { class: 'soft below' }, `${feed.name} is ${plain(feed.state)}`,
    feed.next_try && [', next try ', due(feed.next_try)]);
}

export function outside(assessment, feeds, isPast = false) {
  const base = assessment.pair.split('/')[0];
  const sources = Object.entries(assessment.sources).filter(([name]) => name !== 'candles');
  const rows = sources.map(([name, { state, source, as_of, age_seconds }]) => {
    const held = assessment.external[name];
    const [kind, word] = healthOf[state] ?? ['unknown', state];
    return [
      [signalOf(name).word,
        make('small', { class: 'soft below' },
          as_of ? [source, ', ', isPast ? `${span(age_seconds)} old` : ago(as_of)] : 'never received')],
      held ? valueOf(name, held.value) : missing(state === 'stale' ? 'the last value is too old' : 'no value yet'),
      signalOf(name).isRecorded
        ? missing('recorded only: the score does not use it')
        : number(held?.addend ?? null, 3, held ? 'too little history to rank it' : 'no fresh value'),
      make('div', null, health(kind, word), ' ', feedTrouble(name, base, feeds)),
    ];
  });
  if (rows.length === 0) {
    const why = make('strong', null, 'No outside source is configured');
    return make('p', { class: 'empty' }, why, 'The score uses candles only.');
  }
  const heads = [
    { text: 'Signal' }, { text: 'Value', number: true }, { text: 'Adds', number: true }, { text: 'Health' },
  ];
  const half = Math.ceil(rows.length / 2);
  const halves = [rows.slice(0, half), rows.slice(half)].filter(part => part.length > 0);
  const part = index => halves.length > 1 ? `, part ${index + 1}` : '';
  const caption = index => `Outside values and what they add to the score${part(index)}`;
  return make('div', { class: 'halves' }, halves.map((some, index) => table(caption(index), heads, some)));
}
