// The parts of a track record.
import { fact, make, table } from '../dom.js';
import { icon } from '../icons.js';
import { fixed, missing, number, rough, share } from '../numbers.js';
import { at } from '../service-clock.js';
import { plain } from '../words.js';

const count = value => make('data', { value }, fixed(value, 0));
const numbered = words => words.map((word, index) => ({ text: word, number: index > 0 }));
const benchmark = 'har_season';
const models = {
  'remora-2': 'This forecast', har_season: 'HAR with hour of week', persistence: 'Persistence',
};
const reasons = {
  outage: 'no answer was published', no_forecast: 'the answer had no forecast', late: 'published too late',
  in_sample: 'the coefficients had seen this time', gap: 'candles are missing', not_passed: 'the horizon has not ended',
};
const p = value => value === null || value === undefined
  ? missing('too few horizons') : number(value, value < 0.01 ? 4 : 2);

/** How much smaller the squared error of log variance is than the benchmark's; null if unknown. */
export function gain({ models: scores }) {
  const [own, other] = [scores['remora-2']?.r2, scores[benchmark]?.r2];
  return own === null || own === undefined || !(other < 1) ? null : 1 - (1 - own) / (1 - other);
}

/** The sentence above everything else. */
export function recordSentence(record) {
  const hits = record.value_at_risk['0.95'], smaller = gain(record);
  return `${fixed(record.graded, 0)} ${record.graded === 1 ? 'forecast' : 'forecasts'} graded`
    + (hits?.n > 0 ? `: the 95 % line was crossed ${rough(hits.share)} of the time` : '')
    + (smaller === null ? ''
      : `, error ${rough(Math.abs(smaller))} ${smaller < 0 ? 'larger' : 'smaller'} than that of HAR with hour of week`);
}

export const extent = (scorecard, record) => make('dl', { class: 'facts' },
  fact('Record since', scorecard.since ? at(scorecard.since) : missing('nothing published yet'), 'UTC'),
  fact('Hours', count(record.hours), 'since the first forecast'),
  fact('Graded', count(record.graded), 'published before the outcome'),
  fact('Independent', count(record.independent), 'horizons that do not overlap'));

export function alarmLine({ raised, raised_on: on, evidence, threshold, false_alarms_per_year: rate, days }) {
  const bound = `False alarms: at most ${rough(rate)} of markets a year.`;
  const level = `vidence ${fixed(evidence, 1)}, alarm from ${fixed(threshold, 0)}. ${bound}`;
  if (!raised) return make('p', { class: 'small soft' }, `The record does not contradict the claims: e${level}`);
  const worst = days.map(({ day, claims }) => [day, claims.map(({ horizon, level, hits, n }) =>
    `${horizon} at ${rough(Number(level))}: ${hits} of ${n}`).join('; ')]);
  return make('div', { class: 'alarm' },
    make('p', null, icon('caution'), make('strong', null, ` The record contradicts the claims since ${on}.`),
      ` E${level}`),
    table('The days that speak most against the claims',
      [{ text: 'Day (UTC)' }, { text: 'Losses beyond the line' }], worst));
}

export const accuracy = ({ models: scores, compared }) => table(
  `Accuracy of the volatility on the same ${fixed(compared, 0)} hours`, numbered(['Model', 'R²', 'QLIKE']),
  Object.entries(scores).map(([name, { r2, qlike }]) =>
    [models[name] ?? name, number(r2, 3, 'too few hours'), number(qlike, 3, 'too few hours')]));

export const hits = ({ value_at_risk: levels }) => table(
  'Losses beyond the value at risk, over horizons that do not overlap',
  numbered(['Line', 'Crossed', 'Expected', 'Horizons', 'Rate p', 'Clusters p']),
  Object.entries(levels).map(([level, score]) => [
    rough(Number(level)), share(score.share, 'no horizon yet'), rough(1 - Number(level)), count(score.n),
    p(score.kupiec_p), p(score.christoffersen_p),
  ]), { isWide: true });

export const falls = ({ probability_of_drawdown: scores }) => table(
  'Chances of a fall', numbered(['A fall of more than', 'Predicted', 'Observed', 'Brier score', 'Hours']),
  Object.entries(scores).map(([fall, score]) => [
    rough(Number(fall)), share(score.predicted, 'no hour yet'), share(score.observed, 'no hour yet'),
    number(score.brier_score, 4, 'no hour yet'), count(score.n),
  ]), { isWide: true });

export const ungraded = ({ not_graded: hours }) => table(
  'Hours without a grade', numbered(['Reason', 'Hours', 'In storms']),
  Object.entries(hours).map(([reason, score]) =>
    [reasons[reason] ?? plain(reason), count(score.hours), count(score.in_storms)]));

const bookNames = {
  net_long: 'BTC, ETH, SOL long', hedged: 'BTC long, ETH short', net_short: 'BTC, ETH, SOL short',
};

/** What was said about books of positions: one row per book and line. */
export const bookRecord = ({ books }) => table(
  'Books of positions over 24 hours, as if they had been held',
  numbered(['Book', 'Line', 'Crossed', 'Expected', 'Horizons', 'Rate p', 'Loss beyond over expected', 'Bias']),
  books.flatMap(book => Object.entries(book.value_at_risk).map(([level, score]) => [
    bookNames[book.name] ?? book.name, rough(Number(level)), count(score.hits), number(score.expected, 1, 'none yet'),
    count(score.n), p(score.kupiec_p), number(score.shortfall, 2, 'not crossed yet'),
    number(book.bias, 2, 'nothing graded yet'),
  ])), { isWide: true });

export const vintages = ({ vintages: all }) => table(
  'By the coefficients of the forecasts',
  numbered(['Coefficients', 'From', 'Until', 'Graded', 'R²', 'QLIKE', '95 % line crossed']),
  all.map(score => [
    score.coefficients, at(score.from), at(score.until), count(score.graded), number(score.r2, 3, 'too few hours'),
    number(score.qlike, 3, 'too few hours'), share(score.value_at_risk['0.95']?.share, 'no horizon yet'),
  ]), { isWide: true });
