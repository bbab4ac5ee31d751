// How much of the risk of a book each position carries: bars to both sides of zero.
import { drawing } from '../dom.js';
import { fixed } from '../numbers.js';
import { figure, rule, scale, text } from './figure.js';

const row = 26;

/** bars are {name, percent}; a hedge is below 0. */
export function shares(bars) {
  const words = bars.map(({ name, percent }) => `${name} ${fixed(percent, 0)} %`).join(', ');
  return figure(bars.length * row + 6, `Shares of the risk: ${words}.`, width => {
    const [left, right] = [86, 56];
    const low = Math.min(0, ...bars.map(bar => bar.percent)), high = Math.max(0, ...bars.map(bar => bar.percent));
    const x = scale(low, high, left, width - right);
    return [
      bars.map(({ name, percent }, i) => [
        text(left - 8, i * row + 17, name, 'end'),
        drawing('rect', {
          class: percent < 0 ? 'calmer' : 'product', x: Math.min(x(0), x(percent)), y: i * row + 4,
          width: Math.max(1, Math.abs(x(percent) - x(0))), height: row - 10, rx: 3,
        }),
        text(Math.max(x(0), x(percent)) + 6, i * row + 17, `${fixed(percent, 0)} %`, 'start', 'end'),
      ]),
      rule(x(0), 0, x(0), bars.length * row, 'usual'),
    ];
  });
}
