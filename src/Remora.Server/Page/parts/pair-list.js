// Every pair with its verdict. The keys Up and Down move through the list, Home and End to its
// ends.
import { make } from '../dom.js';
import { icon } from '../icons.js';
import { known } from '../knowledge.js';
import { number } from '../numbers.js';
import { blockWord, plain, regimeWord, stateWord, verdictOf, verdictWord } from '../words.js';

function circumstances(assessment, verdict) {
  if (!assessment) return 'loading …';
  if (known.isLost) return `was ${verdictWord[verdictOf(assessment)].toLowerCase()}`;
  if (assessment.as_of === null) return 'no candle yet';
  if (verdict === 'blocked') return assessment.blocked_by.map(blockWord).join(', ');
  return [regimeWord(assessment.regime), stateWord(assessment)].filter(Boolean).join(', ');
}

function content(market, assessment) {
  const verdict = known.isLost ? 'unknown' : verdictOf(assessment);
  const of = circumstances(assessment, verdict);
  const isAlone = known.markets.filter(({ pair }) => pair === market.pair).length === 1;
  return [
    icon(verdict),
    make('span', { class: 'name' }, market.pair,
      isAlone ? '' : make('span', { class: 'of' }, ` ${market.exchange} ${market.timeframe}`)),
    make('span', { class: 'score' }, assessment ? number(assessment.risk_score, 2, 'the score is not known yet') : '–'),
    make('span', { class: 'of' }, make('span', { class: 'word' }, verdictWord[verdict]), ' · ', of),
    make('span', { class: 'of' }, assessment?.risk_class ? plain(assessment.risk_class) : ''),
  ];
}

export function pairList(signal, choose) {
  const list = make('ul');
  const element = make('nav', { class: 'panel pairs', 'aria-label': 'Pairs' }, make('h2', null, 'Pairs'), list);
  const links = new Map();
  let marked = null;

  const showOne = key => {
    const link = links.get(key);
    if (!link) return;
    const assessment = known.assessments.get(key);
    link.dataset.verdict = known.isLost ? 'unknown' : verdictOf(assessment);
    link.replaceChildren(...content(known.markets.find(market => market.key === key), assessment));
  };
  const build = () => {
    const wanted = known.markets.map(({ key }) => key);
    if (wanted.join() !== [...links.keys()].join()) {
      links.clear();
      for (const { key } of known.markets)
        links.set(key, make('a', { href: `#/?market=${encodeURIComponent(key)}`, 'data-market': key }));
      list.replaceChildren(...[...links.values()].map(link => make('li', null, link)));
    }
    wanted.forEach(showOne);
    mark(marked);
  };
  const mark = key => {
    marked = key;
    for (const [name, link] of links) {
      if (name === key) link.setAttribute('aria-current', 'true');
      else link.removeAttribute('aria-current');
    }
  };
  const pick = link => {
    history.replaceState(null, '', link.getAttribute('href'));
    choose(link.dataset.market);
  };
  list.addEventListener('click', event => {
    const link = event.target.closest('a');
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    pick(link);
  });
  list.addEventListener('keydown', event => {
    const all = [...links.values()], here = all.indexOf(document.activeElement);
    const there = { ArrowDown: here + 1, ArrowUp: here - 1, Home: 0, End: all.length - 1 }[event.key];
    if (there === undefined || here < 0) return;
    event.preventDefault();
    const link = all[Math.max(0, Math.min(all.length - 1, there))];
    link.focus();
    pick(link);
  });
  build();
  known.on('markets viewpoint', build, signal);
  known.on('assessment', ({ key }) => showOne(key), signal);
  known.on('connection', () => [...links.keys()].forEach(showOne), signal);
  return { element, mark };
}
