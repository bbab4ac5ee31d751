// One pair in full: verdict, forecast, reasons, score, data quality, chart, outside values, flags.
import { make, place } from '../dom.js';
import { known } from '../knowledge.js';
import { breakdown } from './breakdown.js';
import { dataQuality } from './data-quality.js';
import { loading } from './empty.js';
import { flags } from './flags.js';
import { forecastBrief, forecastLine } from './forecast.js';
import { gauge } from './gauge.js';
import { health, outside } from './outside.js';
import { recentChart } from './recent-chart.js';
import { viewpointChoice } from './viewpoint.js';
import { headline, reasons, sinceWhen } from './why.js';
import { ago, at } from '../service-clock.js';
import { regimeWord, verdictOf } from '../words.js';

const section = (title, className = '') => {
  const content = place({ class: 'content' });
  const heading = make('h2', null, title);
  const element = make('section', { class: `panel ${className}`, 'aria-label': title }, heading, content);
  return { element, show: content.show };
};

function regimeLine({ regime, regime_since: since }) {
  if (regime === null) return null;
  const words = `Regime ${regimeWord(regime)} since `;
  return make('p', { class: 'small soft' },
    make('span', { class: 'regime' }, make('i', { class: `regime-${regime}` }), words),
    at(since), ' (', ago(since), ')');
}

const staleLine = assessment => assessment.stale && assessment.as_of !== null
  && make('p', null, health('worn', 'Stale data: '), 'the last candle closed ', ago(assessment.as_of), '.');

/** The verdict of an assessment with its reasons, for a live or a past assessment. */
export const verdictOfPair = (assessment, question, { since, stored, isLost } = {}) => [
  headline(assessment, question, { policy: known.policy, isLost }),
  forecastLine(assessment) && make('p', { class: 'forecast-line' }, forecastLine(assessment)),
  make('div', null, staleLine(assessment), regimeLine(assessment),
    since && make('p', { class: 'small soft' }, sinceWhen(assessment, since, stored))),
  reasons(assessment),
];

export function pairDetail(signal) {
  const name = make('h2', null, 'Pair');
  const of = make('span', { class: 'soft' });
  const verdict = place({ class: 'says' }), raised = place();
  const hero = make('section', { class: 'panel hero', 'aria-label': 'Verdict', 'data-verdict': 'unknown' },
    make('div', { class: 'title' }, name, of, viewpointChoice(signal)), verdict, raised);
  const score = section('Risk score'), values = section('Outside values', 'wide'), quality = section('Data quality');
  const next = section('Forecast');
  let forecastShown = null, rows = [];
  const chart = recentChart(signal, received => {
    rows = received;
    showForecast();
  });
  const side = make('div', { class: 'side' }, score.element, next.element, quality.element);
  const element = make('div', { class: 'detail' }, hero, side, chart.element, values.element);
  let market = null;

  // Drawn again when the forecast or the price has changed, so that an open table stays open.
  const showForecast = () => {
    const assessment = market && known.assessments.get(market.key);
    const state = JSON.stringify([market?.key, assessment?.forecast?.as_of, assessment?.no_forecast,
      rows.length > 0 && assessment?.forecast && rows.at(-1).price]);
    if (state === forecastShown) return;
    forecastShown = state;
    const href = `#/forecast?market=${encodeURIComponent(market?.key ?? '')}`;
    next.show(forecastBrief(assessment, rows), make('p', null, make('a', { href }, 'Stops, chances and why')));
  };
  const show = () => {
    const assessment = market && known.assessments.get(market.key);
    if (market) [name.textContent, of.textContent] = [market.pair, `${market.exchange}, ${market.timeframe}`];
    hero.dataset.verdict = known.isLost ? 'unknown' : verdictOf(assessment);
    showForecast();
    if (!assessment) {
      for (const part of [verdict, score, values, quality]) part.show(loading());
      return;
    }
    const question = assessment.side === 'short' ? 'Is it safe to go short now?' : 'Is it safe to trade now?';
    const [since, stored] = [known.verdictSince.get(market.key), known.storedSince.get(market.key)];
    verdict.show(verdictOfPair(assessment, question, { since, stored, isLost: known.isLost }));
    score.show(gauge(assessment, known.policy), breakdown(assessment));
    values.show(outside(assessment, known.status?.sources));
    raised.show(make('h3', null, 'Flags'), flags(assessment, known.policy));
    quality.show(dataQuality(assessment));
  };
  known.on('assessment', ({ key }) => {
    if (key === market?.key) show();
  }, signal);
  known.on('status policies viewpoint connection since', show, signal);
  return {
    element,
    show(key) {
      market = known.markets.find(candidate => candidate.key === key) ?? null;
      show();
      chart.show(market);
    },
  };
}
