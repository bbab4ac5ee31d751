// A forecast in words and numbers.
import { fan } from '../charts/fan.js';
import { fact, make } from '../dom.js';
import { percent, rough, share } from '../numbers.js';
import { ago, at, day, now } from '../service-clock.js';
import { absenceWord } from '../words.js';
import { empty, loading } from './empty.js';

const longestComparison = 180; // days
const hour = 3_600_000;
const isKnown = value => value !== null && value !== undefined;
const unlike = 'This market is unlike those that the forecast was tested on: there are no probabilities.';

/** The names in the API for one side. */
export const namesOf = side => side === 'short'
  ? { chances: 'probability_of_rally', move: 'rise', stops: 'short_stop_distances' }
  : { chances: 'probability_of_drawdown', move: 'fall', stops: 'stop_distances' };

const ranked = ({ percentile }, { history_days: days }) => isKnown(percentile)
  ? ` (busier than ${rough(percentile)} of its last ${Math.floor(Math.min(longestComparison, days))} days)` : '';

/** The line of `remora ask`, with the same numbers; null before there is an answer. */
export function forecastLine(answer) {
  const { forecast, no_forecast: absence, side } = answer;
  if (!forecast) return absence ? `No forecast: ${absenceWord(absence)}.` : null;
  const horizon = forecast.horizons['4h'], names = namesOf(side);
  const [chance, distance] = [horizon[names.chances]['0.02'], horizon[names.stops]['0.1']];
  return `Next 4 h: ±${rough(horizon.volatility)}${ranked(horizon, forecast)}`
    + (isKnown(chance) ? `; chance to ${names.move} more than 2 %: ${rough(chance)}` : '')
    + (isKnown(distance) ? `; a stop ${rough(distance)} away is touched 1 time in 10` : '');
}

/** Says that a forecast is old, when its first horizon is over. */
const oldLine = ({ as_of: madeAt }) => now() - Date.parse(madeAt) > hour
  && make('p', { class: 'small' }, 'Made ', ago(madeAt), ': its horizons began then.');

/** What there is instead of a forecast; null if there is one. */
export const noForecast = answer =>
  answer.forecast ? null : empty('No forecast', `${absenceWord(answer.no_forecast)}.`);

/** The fan, or why there is none. */
export const fanOf = (forecast, rows) => forecast.in_tested_range
  ? [oldLine(forecast), fan(forecast, rows)] : [oldLine(forecast), empty('No probabilities', unlike)];

/** The forecast of an assessment in short, for a view of which it is a part. */
export function forecastBrief(assessment, rows) {
  if (!assessment) return loading();
  const { forecast } = assessment;
  if (!forecast) return noForecast(assessment);
  return [
    make('dl', { class: 'facts three' }, ['1h', '4h', '24h'].map(name => {
      const { volatility, percentile } = forecast.horizons[name];
      return fact(`Next ${parseInt(name)} h`, ['±', share(volatility)],
        isKnown(percentile) ? `busier than ${rough(percentile)}` : 'no comparison yet');
    })),
    fanOf(forecast, rows),
  ];
}

/** How far to rely on a forecast. */
export function forecastQuality(forecast) {
  const { history_days: days, confidence, in_tested_range: isTested, in_sample: isInSample } = forecast;
  const known = forecast.calendar_known_until;
  return make('dl', { class: 'facts' },
    fact('Confidence', percent(confidence),
      isTested ? 'like the markets it was tested on' : 'unlike those it was tested on'),
    fact('Past', `${days < 10 ? days.toFixed(1) : Math.floor(days)} days`,
      days < 30 ? 'compares from 30 days on' : `compares with the last ${Math.floor(Math.min(days, 180))} days`),
    fact('Made', at(forecast.as_of), ['UTC, ', ago(forecast.as_of)]),
    fact('Calendar', known ? `known until ${day(Date.parse(known), true)}` : 'end not known',
      known && Date.parse(known) < now() ? 'has run out: events are not known' : 'US economic events and holidays'),
    fact('Coefficients', forecast.coefficients,
      isInSample ? 'fitted on data of this time: proves nothing' : 'fitted on earlier data'));
}
