// The assessment that the service gave at a time in the past.
import { make, place } from '../dom.js';
import { readThen, whyNoPast } from '../history.js';
import { breakdown } from '../parts/breakdown.js';
import { dataQuality } from '../parts/data-quality.js';
import { loading, noPast, noStore } from '../parts/empty.js';
import { flags } from '../parts/flags.js';
import { gauge } from '../parts/gauge.js';
import { go, marketChoice, marketOf, momentField, segments, whenMarketsAreKnown } from '../parts/market-choice.js';
import { outside } from '../parts/outside.js';
import { verdictOfPair } from '../parts/pair-detail.js';
import { known } from '../knowledge.js';
import { moment as dateAndTime, now } from '../service-clock.js';
import { verdictOf } from '../words.js';

const hour = 3_600_000;
const steps = [
  [-24 * hour, '−1 d'], [-hour, '−1 h'], [-hour / 12, '−5 m'],
  [hour / 12, '+5 m'], [hour, '+1 h'], [24 * hour, '+1 d'],
];
const section = (title, ...content) =>
  make('section', { class: 'panel', 'aria-label': title }, make('h2', null, title), ...content);

const question = assessment =>
  `At ${dateAndTime(Date.parse(assessment.assessed_at), true)} UTC, from what was known then`;

const full = assessment => [
  make('section', { class: 'panel hero', 'aria-label': 'Verdict', 'data-verdict': verdictOf(assessment) },
    make('div', { class: 'title' }, make('h2', null, assessment.pair),
      make('span', { class: 'soft' }, `${assessment.exchange}, ${assessment.timeframe}, ${assessment.policy}`)),
    make('div', { class: 'says' }, verdictOfPair(assessment, question(assessment))),
    make('div', null, make('h3', null, 'Flags'), flags(assessment, known.policy))),
  make('div', { class: 'side' },
    section('Risk score', gauge(assessment, known.policy), breakdown(assessment)),
    section('Data quality', dataQuality(assessment, true))),
  make('section', { class: 'panel wide', 'aria-label': 'Outside values' }, make('h2', null, 'Outside values'),
    outside(assessment, null, true)),
];

export const moment = {
  name: 'moment',
  title: 'As of a moment',
  needsStore: true,

  show: (main, query, signal) => whenMarketsAreKnown(main, 'As of a moment', signal, async () => {
    const market = marketOf(query);
    const at = query.has('at') ? Date.parse(query.get('at')) : Math.floor((now() - hour) / 1000) * 1000;
    const change = more => go('moment', { market: market.key, at: new Date(at).toISOString(), ...more });
    const field = momentField('At', at);
    const form = make('form', { class: 'choices', onsubmit: event => {
      event.preventDefault();
      change({ at: new Date(field.read()).toISOString() });
    } },
    marketChoice(market.key, key => change({ market: key })), field.element, make('button', { class: 'main' }, 'Show'),
    segments('Step', steps, null, by => change({ at: new Date(at + by).toISOString() })));
    const body = place({ class: 'detail' });
    main.replaceChildren(
      make('section', { class: 'panel', 'aria-label': 'Choose a moment' },
        make('h1', null, 'Assessment as of a moment'), form),
      body);
    const say = message => body.show(make('section', { class: 'panel wide', 'aria-label': 'Answer' }, message));
    if (whyNoPast()) return say(noStore(whyNoPast()));
    say(loading());
    try {
      const assessment = await readThen(market, at, signal);
      if (!signal.aborted) body.show(full(assessment));
    } catch (error) {
      if (!signal.aborted) say(noPast(error));
    }
  }),
};
