// The risk breakdown over time: the five parts, stacked.
import { fixed } from '../numbers.js';
import { moment } from '../service-clock.js';
import { make } from '../dom.js';
import { parts } from '../words.js';
import { axis, chart, line } from './chart.js';
import { colour } from './ribbon.js';

const shownRows = 200;
const colours = {
  volatility: '--part-volatility', regime: '--part-regime', trend_strength: '--part-trend',
  momentum: '--part-momentum', external: '--part-external',
};
const addendOf = (row, name) => row.bucket[`${name}_part`] ?? null;

/** Cumulative sums of the parts, so that the areas are stacked. */
function stacked(rows) {
  const sums = rows.map(() => 0);
  return parts.map(({ name }) => rows.map((row, index) => {
    const addend = addendOf(row, name);
    return addend === null ? null : sums[index] += addend;
  }));
}

const text = value => value === null ? '–' : fixed(value, 3);

const alternative = rows => ({
  caption: `Mean of the five parts per bucket: the last ${Math.min(rows.length, shownRows)} of ${rows.length}`,
  heads: [
    { text: 'Until (UTC)' },
    ...parts.map(({ word }) => ({ text: word, number: true })),
    { text: 'Score', number: true },
  ],
  rows: () => rows.slice(-shownRows).reverse().map(row => [
    moment(row.at * 1000), ...parts.map(({ name }) => text(addendOf(row, name))), text(row.score),
  ]),
});

export function partsChart() {
  let rows = [];
  const order = [...parts.keys()].reverse(); // draws the highest sum first and the lower ones over it
  const made = chart({
    height: 220,
    scales: { score: { range: [0, 1] } },
    axes: [axis('score', value => fixed(value, 1), { size: 78 })],
    series: order.map(index => {
      const { name, word } = parts[index];
      return line(word, colours[name], 'score', { width: 1, fill: () => colour(colours[name]) });
    }),
    describe: (_, index) => parts.map(({ name, word }) =>
      make('span', null, `${word.toLowerCase()} `, make('b', null, text(addendOf(rows[index], name))))),
    summary: () => `The five parts of the score over ${rows.length} buckets; the table has the numbers.`,
  });
  return {
    ...made,
    show(next) {
      rows = next;
      const sums = stacked(rows);
      const data = [rows.map(row => row.at), ...order.map(index => sums[index])];
      made.show({ data, alternative: alternative(rows) });
    },
  };
}

export const partsLegend = () =>
  make('p', { class: 'regimes', 'aria-hidden': 'true' },
    parts.map(({ name, word }) => make('span', { class: `part-${name}` }, make('i', { class: 'swatch' }), word)));
