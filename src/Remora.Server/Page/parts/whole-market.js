// The whole market in one band: verdict, breadth, reasons.
import { fact, make, place, wide } from '../dom.js';
import { known } from '../knowledge.js';
import { missing, number, percent } from '../numbers.js';
import { ago } from '../service-clock.js';
import { plain, regimes, regimeWord, stateWord, verdictOf } from '../words.js';
import { loading } from './empty.js';
import { headline, reasons } from './why.js';

function breadth(whole) {
  const shares = regimes.map(name => [name, whole.breadth[name] ?? 0]).filter(([, share]) => share > 0);
  const label = shares.map(([name, share]) => `${regimeWord(name)} ${Math.round(share * 100)} %`).join(', ');
  const bar = ([name, share]) => {
    const word = share > 0.12 ? `${regimeWord(name)} ${Math.round(share * 100)} %` : '';
    return wide(make('i', { class: `regime-${name}` }, word), share);
  };
  return make('div', null,
    make('div', { class: 'breadth', role: 'img', 'aria-label': `Share of pairs per regime: ${label}` },
      shares.map(bar)),
    make('p', { class: 'small soft' },
      `Share of ${whole.pairs.length} ${whole.pairs.length === 1 ? 'pair' : 'pairs'} per regime`));
}

export function wholeMarket(signal) {
  const attributes = { class: 'panel band', 'aria-label': 'The whole market', 'data-verdict': 'unknown' };
  const element = place(attributes, 'section');
  const show = () => {
    const { whole } = known;
    element.dataset.verdict = known.isLost ? 'unknown' : verdictOf(whole);
    if (!whole) return element.show([make('h1', { class: 'waiting' }, 'Whole market'), loading()]);
    element.show(
      headline(whole, 'Whole market: is it safe to trade now?', {
        policy: known.policy, tag: 'h1', isLost: known.isLost,
      }),
      make('div', null, breadth(whole), reasons(whole)),
      make('dl', { class: 'facts' },
        fact('Score', number(whole.risk_score, 2), whole.risk_class && `${plain(whole.risk_class)} risk`),
        fact('Confidence', percent(whole.risk_confidence), stateWord(whole) ?? 'data is fresh'),
        fact('Last candle', whole.as_of ? ago(whole.as_of) : missing('no candle yet'))));
  };
  show();
  known.on('whole viewpoint policies connection', show, signal);
  return element;
}
