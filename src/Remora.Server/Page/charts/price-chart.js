// The price with blocked spans behind it and the regime below, and the score over the same time.
import { make } from '../dom.js';
import { fixed, price } from '../numbers.js';
import { moment } from '../service-clock.js';
import { regimes, regimeWord } from '../words.js';
import { axis, chart, line } from './chart.js';
import { drawBlocked, drawRibbon, spansOf } from './ribbon.js';

const shownRows = 200;
const known = values => values.filter(value => value !== null && value !== undefined);
const share = rows => rows.length === 0 ? 0 : rows.reduce((sum, row) => sum + (row.blocked ?? 0), 0) / rows.length;

function summary({ rows, name }) {
  const prices = known(rows.map(row => row.price)), scores = known(rows.map(row => row.score));
  if (rows.length === 0) return `${name}: no data`;
  const between = (values, shown) => `between ${shown(Math.min(...values))} and ${shown(Math.max(...values))}`;
  return `${name} from ${moment(rows[0].at * 1000)} to ${moment(rows.at(-1).at * 1000)} UTC.`
    + (prices.length ? ` Price ${between(prices, price)}, last ${price(prices.at(-1))}.` : '')
    + (scores.length ? ` Risk score ${between(scores, value => fixed(value, 2))}.` : '')
    + ` Blocked ${fixed(share(rows) * 100, 0)} % of the time. Regime last ${regimeWord(rows.at(-1).regime)}.`;
}

function wordOfBlocked(blocked) {
  if (blocked === null || blocked === undefined) return 'not known';
  if (blocked === 0) return 'allowed';
  return blocked === 1 ? 'blocked' : `blocked ${fixed(blocked * 100, 0)} %`;
}

const describe = ({ drawn }, index) => {
  const row = drawn[index];
  return [
    make('span', null, 'price ', make('b', null, price(row.price))),
    make('span', null, 'score ', make('b', null, row.score === null ? '–' : fixed(row.score, 2))),
    make('span', null, regimeWord(row.regime)), make('span', null, wordOfBlocked(row.blocked)),
  ];
};

const alternative = ({ rows, name }) => ({
  caption: `${name}: the last ${Math.min(rows.length, shownRows)} of ${rows.length} rows`,
  heads: [
    { text: 'Until (UTC)' }, { text: 'Price', number: true }, { text: 'Score', number: true }, { text: 'Regime' },
    { text: 'Entries' },
  ],
  rows: () => rows.slice(-shownRows).reverse().map(row => [
    moment(row.at * 1000), price(row.price), row.score === null ? '–' : fixed(row.score, 3), regimeWord(row.regime),
    wordOfBlocked(row.blocked),
  ]),
});

export const legend = () => make('p', { class: 'regimes', 'aria-hidden': 'true' },
  make('span', { class: 'ink-accent' }, make('i', { class: 'stroke' }), 'price'),
  make('span', { class: 'part-regime' }, make('i', { class: 'stroke dashed' }), 'score'),
  make('span', null, make('i', { class: 'hatched' }), 'blocked'),
  regimes.map(name => make('span', null, make('i', { class: `regime-${name}` }), regimeWord(name))));

/** Breaks the lines where rows are missing. */
const withGaps = (rows, step) => rows.flatMap((row, index) => {
  const before = rows[index - 1];
  if (!before || row.at - before.at <= 2.5 * step) return [row];
  return [{ at: before.at + 1, price: null, score: null, regime: null, blocked: null }, row];
});

/** Rows within one candle repeat its price. Only one of them becomes a point of the line. */
const points = (rows, step) => rows.map((row, index) => {
  const before = rows[index - 1];
  const isRepeated = before && before.price === row.price && Math.ceil(row.at / step) === Math.ceil(before.at / step);
  return isRepeated ? undefined : row.price;
});

/**
 * Rows are {at, price, score, regime, blocked}: at in seconds, blocked from 0 to 1 or null. step is
 * the distance of the rows in seconds.
 */
export function priceChart({ onSelect, height = 300 } = {}) {
  let rows = [], step = 300;
  const spansBy = valueOf => spansOf(rows.filter(row => row.blocked !== null), valueOf, step);
  const behind = plot => drawBlocked(plot, spansBy(row => (row.blocked ?? 0) >= 0.5));
  const below = plot => drawRibbon(plot, spansBy(row => row.regime));
  const made = chart({
    height, summary, describe, onSelect,
    scales: {
      // The ribbon is below the lines, the score in the lower third.
      price: { range: (_, low, high) => {
        const room = high - low || low * 0.01;
        return low === null ? [0, 1] : [low - room * 0.18, high + room * 0.06];
      } },
      score: { range: [-0.08, 1] },
    },
    axes: [
      axis('price', price, { size: 78 }),
      axis('score', value => value < 0 ? '' : fixed(value, 1),
        { side: 1, size: 36, grid: { show: false }, splits: [0, 0.2, 0.4, 0.6, 0.8, 1] }),
    ],
    series: [
      line('price', '--accent', 'price', { width: 2 }),
      line('score', '--part-regime', 'score', { width: 1.4, dash: [5, 4] }),
    ],
    hooks: { drawClear: [behind], drawAxes: [below] },
  });
  return {
    ...made,
    show(name, next, distance) {
      [rows, step] = [withGaps(next, distance), distance];
      const data = [rows.map(row => row.at), points(rows, step), rows.map(row => row.score)];
      made.show({ name, rows: next, drawn: rows, data, alternative: alternative({ rows: next, name }) });
    },
  };
}
