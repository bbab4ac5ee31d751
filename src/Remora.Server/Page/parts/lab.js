// The parts of the lab: controls of a policy, and what it would have done.
import { fact, make, panel, place, table } from '../dom.js';
import { fixed, missing, number, percent } from '../numbers.js';
import { at } from '../service-clock.js';
import { flagWord, plain, regimes, regimeWord } from '../words.js';

const numbered = words => words.map((text, index) => ({ text, number: index > 0 }));
const share = value => `${fixed(value * 100, 0)} %`;
const plainNumber = value => fixed(value, 2);
const never = 'nothing is blocked';

// A slider changes one number of a policy. At its left end, `unset` takes the place of the number.
const ofForecast = [
  { path: 'block_from', word: 'Block from this rank of the forecast', min: 0.5, max: 1, step: 0.01, show: share },
  {
    path: 'target_volatility', word: 'Target volatility of a day', min: 0, max: 0.1, step: 0.001, unset: 'median',
    show: value => `${fixed(value * 100, 1)} %`,
  },
];
const ofSum = [
  { path: 'decision.blocking_score', word: 'Block from this score', min: 0.31, max: 1, step: 0.01 },
  { path: 'weights.volatility', word: 'Weight of volatility', min: 0, max: 1, step: 0.01 },
  { path: 'weights.regime', word: 'Weight of the regime', min: 0, max: 1, step: 0.01 },
  { path: 'weights.trend_strength', word: 'Weight of the trend', min: 0, max: 1, step: 0.01 },
  { path: 'weights.momentum', word: 'Weight of momentum', min: 0, max: 1, step: 0.01 },
  { path: 'external.cap', word: 'Most that outside values add', min: 0, max: 1, step: 0.01 },
];
const ofBoth = [
  {
    path: 'regime.extreme_volatility', word: 'Extreme volatility from', min: 0.8, max: 1, step: 0.005,
    show: value => fixed(value, 3),
  },
];

const flags = [
  'extreme_fear', 'panic', 'high_volatility', 'bear_market', 'downtrend', 'extreme_greed', 'funding_extreme',
  'liquidation_cascade', 'negative_news', 'macro_stress',
];

const read = (policy, path) => path.split('.').reduce((value, name) => value[name], policy);
const written = (policy, [first, ...rest], value) =>
  ({ ...policy, [first]: rest.length > 0 ? written(policy[first], rest, value) : value });

/** Controls of the numbers and blocking rules of a policy; `change` receives the changed one. */
export function controls(policy, change) {
  let present = policy;
  const set = (path, value) => change(present = written(present, path.split('.'), value));
  const slider = ({ path, word, min, max, step, unset, show = plainNumber }) => {
    const first = read(policy, path);
    const output = make('output', { class: 'number' });
    const input = make('input', {
      type: 'range', min, max, step, 'data-field': path, value: first === unset ? min : first,
    });
    const valueOf = () => unset && Number(input.value) === min ? unset : Number(input.value);
    const tell = () => {
      const words = valueOf() === unset ? 'the market’s median' : show(Number(input.value));
      output.textContent = words;
      input.setAttribute('aria-valuetext', words);
    };
    input.addEventListener('input', tell);
    input.addEventListener('change', () => set(path, valueOf()));
    tell();
    return make('label', { class: 'slider' }, make('span', null, word), output, input);
  };
  const boxes = (legend, path, names, word) => make('fieldset', { class: 'boxes' }, make('legend', null, legend),
    names.map(name => {
      const box = make('input', { type: 'checkbox', checked: read(policy, path).includes(name) });
      box.addEventListener('change', () => {
        const others = read(present, path).filter(other => other !== name);
        set(path, box.checked ? [...others, name] : others);
      });
      return make('label', null, box, ` ${word(name)}`);
    }));
  return make('div', { class: 'controls' },
    [...(policy.score === 'forecast_percentile' ? ofForecast : ofSum), ...ofBoth].map(slider),
    boxes('Flags that block', 'decision.blocking_flags', flags, flagWord),
    boxes('Regimes that block', 'decision.blocking_regimes', regimes.filter(name => name !== 'unknown'), regimeWord));
}

/** What the number of tried policies does to the odds. */
export const odds = ({ odds: words, luck, span, comparison: { hours, worst_hours: worst } }) => [
  make('p', null, words),
  make('dl', { class: 'facts' },
    fact('Tried here', number(luck.tried, 0), 'kept by the service'),
    fact('Chance of luck', percent(luck.probability, 0, 'the same hours as today’s policy'), 'with that many tries'),
    fact('Hours compared', number(hours, 0), `${fixed(worst, 0)} of them the worst`),
    fact('Months shown', at(span.from), ['to ', at(span.sealed_from), ', then sealed'])),
];

const between = ({ low, high }, show) => low === null ? missing('too few weeks') : `${show(low)} to ${show(high)}`;
const ofRatio = value => `${fixed(value * 100, 0)} %`;

export const gates = comparison => table(
  'Share of the worst hours that are blocked; lift 1 is blocking at random',
  numbered(['Gate', 'Time blocked', 'Worst hours met', '95 %', 'Lift', '95 %']),
  [
    ['Tried', comparison.tried], ['Today’s', comparison.today],
    ['Today’s at equal time', comparison.today_at_equal_time], ['ATR / price at equal time', comparison.simple],
  ].map(([name, gate]) => [
    name, percent(gate.time_blocked, 1), percent(gate.worst_met, 1),
    between(gate.worst_met_interval, ofRatio), number(gate.lift, 2, never), between(gate.lift_interval, plainNumber),
  ]), { isWide: true });

const points = value => number(value, 2, 'too few trades');

export const tails = ({ tried, today_at_equal_time: today }) => table(
  'Mean of the worst twentieth of the trades, in % of the full stake; gain: beyond a constant stake of that size',
  numbered(['Strategy', 'Trades', 'Mean size', 'Tail', 'Constant stake', 'Gain', '95 %', 'Gain of today’s', '95 %']),
  tried.tails.map((tail, index) => [
    tail.strategy, number(tail.trades, 0), number(tail.mean_size, 2), points(tail.tail_pct), points(tail.constant_pct),
    points(tail.gain_pct), between(tail.gain, plainNumber), points(today.tails[index].gain_pct),
    between(today.tails[index].gain, plainNumber),
  ]), { isWide: true });

export const notes = ({ notes: all }) => all.map(note => make('p', { class: 'small soft' }, note));

/** The form that saves the present policy. */
export function keep(save) {
  const input = make('input', {
    type: 'text', name: 'policy', required: true, size: 18, spellcheck: 'false', autocomplete: 'off',
    pattern: '[A-Za-z0-9._\\-]{1,64}', title: '1 to 64 letters, digits, -, _ or .', placeholder: 'my-policy',
  });
  const submit = event => {
    event.preventDefault();
    save(input.value);
  };
  return make('div', { class: 'content' },
    make('form', { class: 'choices', onsubmit: submit }, make('label', null, 'Name', input),
      make('button', null, 'Save as a file')),
    make('p', { class: 'small soft' },
      'Saving shows the sealed months, once. After that they test no other policy.'));
}

/** A saved policy: its sealed months and its file. */
export function saved({ sealed, sealed_summary: summary, file_name: name, file }) {
  const url = URL.createObjectURL(new Blob([file], { type: 'application/json' }));
  const content = place({ class: 'content' });
  content.show(
    make('p', { class: 'sealed' }, summary), sealed && gates(sealed),
    make('p', null, make('a', { href: url, download: name }, `Download ${name}`)),
    make('details', { class: 'data' }, make('summary', null, 'Show the file'),
      make('pre', { class: 'scroll', tabindex: 0 }, file)),
    make('p', { class: 'small soft' }, `Start the service with it: remora serve --policy ${name}`));
  return panel('Saved', content);
}
