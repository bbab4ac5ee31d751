// The factors of a forecast as a waterfall: they multiply to the volatility relative to the usual.
import { drawing, make, table } from '../dom.js';
import { fixed } from '../numbers.js';
import { factors } from '../words.js';
import { empty } from './empty.js';
import { figure, rule, scale } from '../charts/figure.js';

const height = 18, least = 0.005;
const times = value => make('data', { value }, `× ${fixed(value, 2)}`);

/** One bar of the waterfall, from the product before it to the product with it. */
const bar = (from, to, low, high, className) => figure(height, `from ${fixed(from, 2)} to ${fixed(to, 2)}`, width => {
  const x = scale(Math.log(low), Math.log(high), 2, width - 2);
  const [start, end] = [x(Math.log(from)), x(Math.log(to))];
  return [
    rule(x(0), 0, x(0), height, 'usual'),
    drawing('rect', {
      class: className, x: Math.min(start, end), y: 3, height: height - 6, width: Math.max(1.5, Math.abs(end - start)),
    }),
  ];
});

/** The product in a sentence, the largest factors first. */
export function factorSentence(name, horizon) {
  const { relative_to_usual: product } = horizon;
  if (product === null) return null;
  const sizes = factors.map(({ name: key, word }) => ({ word, value: horizon.factors[key] }))
    .filter(({ value }) => Math.abs(Math.log(value)) >= least)
    .sort((a, b) => Math.abs(Math.log(b.value)) - Math.abs(Math.log(a.value)));
  const list = sizes.map(({ word, value }) => `${word.toLowerCase()} × ${fixed(value, 2)}`).join(', ');
  return `The next ${name} are forecast to move ${fixed(product, 2)} times as much as usual${list ? `: ${list}` : ''}.`;
}

export function waterfall(name, horizon) {
  const { relative_to_usual: product } = horizon;
  if (product === null) return empty('No factors yet', 'Usual is the mean of 30 to 180 days of this market.');
  let running = 1;
  const bars = factors.map(factor => {
    const from = running;
    running *= horizon.factors[factor.name];
    return { ...factor, from, to: running, value: horizon.factors[factor.name] };
  });
  const levels = [1, ...bars.map(({ to }) => to)];
  const [low, high] = [Math.min(0.9, ...levels) * 0.97, Math.max(1.1, ...levels) * 1.03];
  const rows = bars.map(({ word, what, from, to, value }) => [
    [word, make('small', { class: 'soft below' }, what)],
    bar(from, to, low, high, value < 1 ? 'calmer' : 'busier'), times(value),
  ]);
  const element = table(`What the volatility of the next ${name} is made of, relative to usual`,
    [{ text: 'Factor' }, { text: 'Effect' }, { text: 'Times', number: true }], rows,
    { footer: ['Relative to usual', bar(1, product, low, high, 'product'), times(product)] });
  element.classList.add('parts');
  for (const cell of element.querySelectorAll('td:nth-child(2)')) cell.classList.add('bar');
  return element;
}
