// The fan of a forecast: where the price can be in the next 24 hours, behind the price so far.
import { drawing, make, table } from '../dom.js';
import { rough, signed } from '../numbers.js';
import { moment, timeOfDay } from '../service-clock.js';
import { horizons } from '../words.js';
import { figure, path, rule, scale, text, ticks } from './figure.js';

const height = 230, hour = 3600, day = 24;
const bands = [['0.01', '0.99', '98 %'], ['0.05', '0.95', '90 %'], ['0.25', '0.75', '50 %']];
const steps = [0, 0.1, 0.3, 0.6, 1, 1.5, 2, 3, 4, 6, 8, 10, 12, 15, 18, 21, 24];
const ends = [0, 1, 4, 24];

/** A quantile after some hours: between the horizons it grows with the root of time. */
function after(forecast, probability, time) {
  const values = [0, ...horizons.map(([name]) => forecast.horizons[name].return_quantiles[probability])];
  const next = Math.max(1, ends.findIndex(end => end >= time));
  const [from, to] = [Math.sqrt(ends[next - 1]), Math.sqrt(ends[next])];
  return values[next - 1] + (values[next] - values[next - 1]) * (Math.sqrt(time) - from) / (to - from);
}

/** The prices so far as hours and moves relative to the price at the forecast. */
function past(rows, madeAt) {
  const priced = rows.filter(({ at, price }) => price > 0 && at <= madeAt && at > madeAt - day * hour);
  const close = priced.at(-1)?.price;
  return priced.map(({ at, price }) => [(at - madeAt) / hour, price / close - 1]);
}

function draw(forecast, before, madeAt, width) {
  const [left, right, top, bottom] = [46, 50, 10, 22];
  const first = before.length > 1 ? -day : 0;
  const moves = [...before.map(([, move]) => move), ...['0.01', '0.99'].map(name => after(forecast, name, day))];
  const [low, high] = [Math.min(...moves), Math.max(...moves)];
  const x = scale(first, day, left, width - right), y = scale(low, high, height - bottom, top);
  const edge = name => steps.map(time => [x(time), y(after(forecast, name, time))]);
  const area = ([from, to], index) =>
    drawing('path', { class: `band-${index + 1}`, d: `${path([...edge(from), ...edge(to).reverse()])}Z` });
  const hours = [-24, -12, 0, 4, 12, 24].filter(time => time >= first && (time !== 4 || width > 420));
  return [
    ticks(low, high, 5).map(move => [
      rule(left, y(move), width - right, y(move), 'grid'),
      text(left - 6, y(move) + 4, signed(Number(move.toFixed(6))), 'end'),
    ]),
    bands.map(area),
    drawing('path', { class: 'middle', d: path(edge('0.5')) }),
    before.length > 1 && drawing('path', { class: 'past', d: path(before.map(([time, move]) => [x(time), y(move)])) }),
    rule(x(0), top, x(0), height - bottom, 'made'),
    hours.map(time => text(x(time), height - 6, time === 0 ? timeOfDay(madeAt * 1000)
      : `${time < 0 ? '−' : '+'}${Math.abs(time)} h`, 'middle')),
    ['0.05', '0.95'].map(name =>
      text(width - right + 5, y(after(forecast, name, day)) + 4, signed(after(forecast, name, day)), 'start', 'end')),
  ];
}

function quantiles(forecast) {
  const names = Object.keys(forecast.horizons['1h'].return_quantiles);
  return table('The return at the end of each horizon that is not exceeded with a probability',
    [{ text: 'Probability' }, ...horizons.map(([, word]) => ({ text: word, number: true }))],
    names.map(name => [`${Number(name) * 100} %`,
      ...horizons.map(([horizon]) => signed(forecast.horizons[horizon].return_quantiles[name]))]));
}

/** rows are {at, price} as in the price chart: at in seconds. */
export function fan(forecast, rows = []) {
  const madeAt = Date.parse(forecast.as_of) / 1000, before = past(rows, madeAt);
  const [low, high] = ['0.05', '0.95'].map(name => after(forecast, name, day));
  const label = `Forecast made at ${moment(madeAt * 1000)} UTC: in 24 hours the price is between `
    + `${rough(-low)} lower and ${rough(high)} higher with a probability of 90 %.`;
  return make('figure', { class: 'fan' },
    figure(height, label, width => draw(forecast, before, madeAt, width)),
    make('p', { class: 'regimes', 'aria-hidden': 'true' },
      before.length > 1 && make('span', { class: 'ink-accent' }, make('i', { class: 'stroke' }), 'price so far'),
      bands.map(([,, word], index) =>
        make('span', null, make('i', { class: `band-${index + 1}` }), `${word} of outcomes`))),
    make('details', { class: 'data' }, make('summary', null, 'The same as a table'), quantiles(forecast)));
}
