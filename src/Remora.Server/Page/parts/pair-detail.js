// One pair in full: verdict, why, gauge and parts, chart, outside values, flags, trust.
import { make, place } from '../dom.js';
import { known } from '../knowledge.js';
import { breakdown } from './breakdown.js';
import { flags } from './flags.js';
import { gauge } from './gauge.js';
import { health, outside } from './outside.js';
import { recentChart } from './recent-chart.js';
import { trust } from './trust.js';
import { viewpointChoice } from './viewpoint.js';
import { headline, reasons, sinceWhen } from './why.js';
import { ago, at } from '../service-clock.js';
import { regimeWord, verdictOf } from '../words.js';

const section = (title, className = '') => {
  const content = place({ class: 'content' });
  const element = make('section', { class: `panel ${className}`, 'aria-label': title }, make('h2', null, title), content);
  return { element, show: content.show };
};

const regimeLine = ({ regime, regime_since: since }) => regime === null ? null
  : make('p', { class: 'small soft' }, make('span', { class: 'regime' }, make('i', { class: `regime-${regime}` }), `Regime ${regimeWord(regime)} since `), at(since), ' (', ago(since), ')');

/** The verdict of an assessment with its reasons: what the hero shows, also of a past instant. */
export const verdictOfPair = (assessment, question, { since, stored, isLost } = {}) => [
  headline(assessment, question, { policy: known.policy, isLost }),
  make('div', null, assessment.stale && assessment.as_of !== null && make('p', null, health('worn', 'This rests on old data: '), 'the last candle closed ', ago(assessment.as_of), '.'),
    regimeLine(assessment), since && make('p', { class: 'small soft' }, sinceWhen(assessment, since, stored))),
  reasons(assessment),
];

export function pairDetail(signal) {
  const name = make('h2', null, 'Pair');
  const of = make('span', { class: 'soft' });
  const verdict = place({ class: 'says' }), raised = place();
  const hero = make('section', { class: 'panel hero', 'aria-label': 'Verdict', 'data-verdict': 'unknown' },
    make('div', { class: 'title' }, name, of, viewpointChoice(signal)), verdict, raised);
  const score = section('Risk score'), values = section('Outside values'), relied = section('How far to rely on it');
  const chart = recentChart(signal);
  const element = make('div', { class: 'detail' }, hero, score.element, chart.element, values.element, relied.element);
  let market = null;

  const show = () => {
    const assessment = market && known.assessments.get(market.key);
    if (market) [name.textContent, of.textContent] = [market.pair, `${market.exchange}, ${market.timeframe}`];
    hero.dataset.verdict = known.isLost ? 'unknown' : verdictOf(assessment);
    if (!assessment) return verdict.show(make('p', { class: 'soft' }, 'Asking …'));
    verdict.show(verdictOfPair(assessment, assessment.side === 'short' ? 'May I go short now?' : 'May I trade now?', { since: known.verdictSince.get(market.key), stored: known.storedSince.get(market.key), isLost: known.isLost }));
    score.show(gauge(assessment, known.policy), breakdown(assessment));
    values.show(outside(assessment, known.status?.sources));
    raised.show(make('h3', null, 'Flags'), flags(assessment, known.policy));
    relied.show(trust(assessment));
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
