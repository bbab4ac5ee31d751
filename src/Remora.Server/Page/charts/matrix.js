// How pairs move together: a square of correlations.
import { drawing, make, table } from '../dom.js';
import { fixed } from '../numbers.js';
import { figure, text } from './figure.js';

const largest = 46, head = 52, legible = 30;

/** A cell: its shade is the size of the correlation; its sign and size are written if they fit. */
const square = (value, isAssumed, x, y, size) => [
  drawing('rect', {
    class: value < 0 ? 'calmer' : 'product', x: x + 1, y: y + 1, width: size - 2, height: size - 2, rx: 4,
    'fill-opacity': (0.08 + 0.3 * Math.abs(value)).toFixed(2),
  }),
  size >= legible && text(x + size / 2, y + size / 2 + 4, `${fixed(value, 2)}${isAssumed ? '*' : ''}`, 'middle', 'end'),
];

/** A matrix with rows of numbers; `assumed` has the same shape. */
export function matrix(names, rows, assumed) {
  const sides = names.flatMap((name, i) => names.slice(0, i).map((other, j) =>
    `${name} and ${other} ${fixed(rows[i][j], 2)}${assumed[i][j] ? ' (assumed)' : ''}`));
  const draw = width => {
    const size = Math.min(largest, (width - head) / names.length);
    return [
      names.map((name, i) => [
        text(head - 6, head + i * size + size / 2 + 4, name, 'end'),
        text(head + i * size + size / 2, head - 8, name, 'middle'),
      ]),
      rows.map((row, i) => row.map((value, j) =>
        square(value, assumed[i][j], head + j * size, head + i * size, size))),
    ];
  };
  return make('figure', null,
    figure(head + names.length * largest, `Correlations: ${sides.join(', ')}.`, draw),
    assumed.flat().some(Boolean) && make('p', { class: 'small soft' }, '* assumed: too few common hours'),
    make('details', { class: 'data' }, make('summary', null, 'The same as a table'),
      table('Correlations of the pairs', [{ text: 'Pair' }, ...names.map(name => ({ text: name, number: true }))],
        rows.map((row, i) => [names[i], ...row.map((value, j) => `${fixed(value, 2)}${assumed[i][j] ? '*' : ''}`)]))));
}
