// What was predicted against what came: on the diagonal, both agree.
import { drawing, make, table } from '../dom.js';
import { fixed, rough } from '../numbers.js';
import { figure, path, rule, scale, text, ticks } from './figure.js';

const height = 240;

function draw(groups, width) {
  const [left, right, top, bottom] = [52, 14, 10, 34];
  const most = Math.max(...groups.flatMap(({ predicted, observed }) => [predicted, observed])) * 1.08 || 0.01;
  const x = scale(0, most, left, width - right), y = scale(0, most, height - bottom, top);
  const marks = ticks(0, most, 4);
  const points = groups.map(({ predicted, observed }) => [x(predicted), y(observed)]);
  return [
    marks.map(mark => [
      rule(left, y(mark), width - right, y(mark), 'grid'),
      text(left - 6, y(mark) + 4, rough(mark), 'end'),
      text(x(mark), height - bottom + 16, rough(mark), 'middle'),
    ]),
    rule(x(0), y(0), x(most), y(most), 'made'),
    text((left + width - right) / 2, height - 3, 'predicted', 'middle'),
    text(left + 4, top + 8, 'observed'),
    drawing('path', { class: 'past', d: path(points) }),
    points.map(([cx, cy]) => drawing('circle', { class: 'product', cx, cy, r: 3.5 })),
  ];
}

/** groups are {predicted, observed, n}, ratios; `what` names them in a sentence. */
export function curve(what, groups) {
  const pairs = groups.map(({ predicted, observed }) => `${rough(predicted)} came as ${rough(observed)}`).join(', ');
  return make('figure', null,
    figure(height, `${what}, predicted and observed: ${pairs}.`, width => draw(groups, width)),
    make('details', { class: 'data' }, make('summary', null, 'The same as a table'),
      table(`${what}, in groups of equal size`,
        ['Predicted', 'Observed', 'Hours'].map(word => ({ text: word, number: true })),
        groups.map(({ predicted, observed, n }) => [rough(predicted), rough(observed), fixed(n, 0)]))));
}
