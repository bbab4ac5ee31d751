// Tables of stops, of falls and rises, and of losses, by horizon.
import { table } from '../dom.js';
import { share } from '../numbers.js';
import { horizons } from '../words.js';
import { namesOf } from './forecast.js';

const columns = [...horizons.map(([, word]) => ({ text: word, number: true }))];
const byHorizon = (forecast, table, key) =>
  horizons.map(([name]) => share(forecast.horizons[name][table][key], 'outside the tested range'));
const keysOf = (forecast, name) => Object.keys(forecast.horizons['1h'][name]);
const odds = {
  0.5: '1 time in 2', 0.3: '3 times in 10', 0.2: '1 time in 5', 0.1: '1 time in 10', 0.05: '1 time in 20',
  0.02: '1 time in 50', 0.01: '1 time in 100',
};
const ofHundred = ratio => `${Number((ratio * 100).toPrecision(6))} %`;

export const stops = (forecast, side) => {
  const { stops: name } = namesOf(side);
  return table(`Distance of a ${side} position's stop, by how often it is touched`,
    [{ text: 'Touched' }, ...columns],
    keysOf(forecast, name).map(key => [odds[key] ?? ofHundred(key), ...byHorizon(forecast, name, key)]));
};

export const moves = (forecast, side) => {
  const { chances: name, move } = namesOf(side);
  return table(`Chance of a ${move} at any time within the horizon`,
    [{ text: `A ${move} of more than` }, ...columns],
    keysOf(forecast, name).map(key => [ofHundred(key), ...byHorizon(forecast, name, key)]));
};

export const losses = forecast => table('Loss of a long position at the end of the horizon',
  [{ text: 'Loss' }, ...columns],
  ['value_at_risk', 'expected_shortfall'].flatMap(name => keysOf(forecast, name).map(level => [
    name === 'value_at_risk'
      ? `not exceeded ${ofHundred(level)} of the time` : `mean of the worst ${ofHundred(1 - level)}`,
    ...byHorizon(forecast, name, level),
  ])));
