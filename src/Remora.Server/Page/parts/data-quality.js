// Data quality: confidence, age of the data, warm-up.
import { fact, make, wide } from '../dom.js';
import { missing, percent } from '../numbers.js';
import { ago, at, span } from '../service-clock.js';
import { stateOf } from '../words.js';
import { health } from './outside.js';

const states = {
  ok: ['good', 'fresh'],
  warming_up: ['worn', 'fresh, warming up'],
  stale: ['worn', 'stale'],
  unknown: ['bad', 'too old to count'],
};
const dataOf = assessment => assessment.as_of === null ? ['bad', 'none yet'] : states[stateOf(assessment)];

export function dataQuality(assessment, isPast = false) {
  const {
    risk_confidence: confidence, as_of, warm_up, timeframe, policy, policy_id, assessed_at, age_seconds, sources,
  } = assessment;
  const worn = Object.entries(sources).filter(([name, { state }]) => name !== 'candles' && state !== 'fresh').length;
  const meter = make('span', { class: 'meter' }, wide(make('i'), confidence ?? 0));
  return make('dl', { class: 'facts' },
    fact('Confidence', [percent(confidence), meter],
      worn > 0 ? `${worn} outside ${worn === 1 ? 'value is' : 'values are'} missing or too old`
        : 'all outside values are fresh'),
    fact('Last candle', as_of ? (isPast ? `${span(age_seconds)} before` : ago(as_of)) : missing('no candle yet'),
      as_of ? ['closed ', at(as_of), ` (${timeframe})`] : 'nothing received from the exchange'),
    fact('Data', health(...dataOf(assessment)), age_seconds === null ? null : `${span(age_seconds)} old when assessed`),
    fact('Warmed up', percent(warm_up), warm_up < 1 ? 'the model needs more candles' : 'complete'),
    fact('Policy', policy, policy_id),
    fact('Assessed', at(assessed_at, true), 'UTC, service clock'));
}
