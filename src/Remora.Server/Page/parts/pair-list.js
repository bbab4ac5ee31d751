// Every pair with its verdict. The keys Up and Down move through the list, Home and End to its
// ends.
import { make } from '../dom.js';
import { icon } from '../icons.js';
import { known } from '../knowledge.js';
import { number, rough } from '../numbers.js';
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
    make('span', { class: 'score' },
      assessment ? number(assessment.risk_score, 2, 'the score is not known yet') : '–'),
    make('span', { class: 'of' }, make('span', { class: 'word' }, verdictWord[verdict]), ' · ', of),
    make('span', { class: 'of next', title: 'Forecast of the next 4 h' }, sizeOf(assessment)),
  ];
}

/** The forecast for 4 h, or else the class of the risk. */
const sizeOf = assessment => {
  const volatility = assessment?.forecast?.horizons['4h'].volatility;
  return volatility ? `±${rough(volatility)}` : assessment?.risk_class ? plain(assessment.risk_class) : '';
};

const fewForSearch = 10;
const orders = {
  configured: { word: 'as configured', valueOf: () => 0 },
  risk: { word: 'highest risk', valueOf: ({ key }) => -(known.assessments.get(key)?.risk_score ?? NaN) },
  forecast: {
    word: 'largest forecast',
    valueOf: ({ key }) => -(known.assessments.get(key)?.forecast?.horizons['4h'].volatility ?? NaN),
  },
  name: { word: 'name', valueOf: ({ key }) => key.slice(key.indexOf(' ') + 1) },
};

/** The markets in an order; those without a value come last. */
function sorted(markets, { valueOf }) {
  const isUnknown = value => Number.isNaN(value);
  return markets.map(market => ({ market, value: valueOf(market) }))
    .sort((a, b) => isUnknown(a.value) - isUnknown(b.value) || (a.value < b.value ? -1 : a.value > b.value ? 1 : 0))
    .map(({ market }) => market);
}

let order = 'configured';

export function pairList(signal, choose) {
  const list = make('ul');
  const select = make('select', { 'aria-label': 'Order of the pairs', onchange: () => {
    order = select.value;
    arrange();
  } }, Object.entries(orders)
    .map(([name, { word }]) => make('option', { value: name, selected: name === order }, word)));
  const search = make('input', {
    type: 'search', 'aria-label': 'Search a pair', placeholder: 'Search', spellcheck: 'false', oninput: () => arrange(),
  });
  const tools = make('div', { class: 'tools' }, select, search);
  const element = make('nav', { class: 'panel pairs', 'aria-label': 'Pairs' }, make('h2', null, 'Pairs'), tools, list);
  const links = new Map();
  const seen = new Set(); // markets with an assessment
  let marked = null;

  const showOne = key => {
    const link = links.get(key);
    if (!link) return;
    const assessment = known.assessments.get(key);
    link.dataset.verdict = known.isLost ? 'unknown' : verdictOf(assessment);
    link.replaceChildren(...content(known.markets.find(market => market.key === key), assessment));
  };
  const build = () => {
    seen.clear();
    const wanted = known.markets.map(({ key }) => key);
    if (wanted.join() !== [...links.keys()].join()) {
      links.clear();
      for (const { key } of known.markets)
        links.set(key, make('a', { href: `#/?market=${encodeURIComponent(key)}`, 'data-market': key }));
    }
    wanted.forEach(showOne);
    arrange();
    mark(marked);
  };
  // Values that change do not move the pairs; only the first ones do.
  const arrange = () => {
    tools.hidden = known.markets.length < 2;
    search.hidden = known.markets.length <= fewForSearch;
    const text = search.hidden ? '' : search.value.trim().toUpperCase();
    const shown = sorted(known.markets, orders[order]).filter(({ key }) => key.toUpperCase().includes(text));
    const before = [...list.querySelectorAll('a')], after = shown.map(({ key }) => links.get(key));
    if (before.length === after.length && after.every((link, index) => link === before[index])) return;
    list.replaceChildren(...after.map(link => make('li', null, link)),
      ...after.length === 0 && text ? [make('li', { class: 'small soft' }, 'No pair has this name.')] : []);
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
    const all = [...list.querySelectorAll('a')], here = all.indexOf(document.activeElement);
    const there = { ArrowDown: here + 1, ArrowUp: here - 1, Home: 0, End: all.length - 1 }[event.key];
    if (there === undefined || here < 0) return;
    event.preventDefault();
    const link = all[Math.max(0, Math.min(all.length - 1, there))];
    link.focus();
    pick(link);
  });
  build();
  known.on('markets viewpoint', build, signal);
  known.on('assessment', ({ key }) => {
    showOne(key);
    if (seen.has(key)) return;
    seen.add(key);
    if (order !== 'configured') arrange();
  }, signal);
  known.on('connection', () => [...links.keys()].forEach(showOne), signal);
  return { element, mark };
}
