// The assessment history of a pair over a span, with the interval that fits it.
import { urlOf } from '../api.js';
import { partsChart, partsLegend } from '../charts/parts-chart.js';
import { legend, priceChart } from '../charts/price-chart.js';
import { fact, make, place } from '../dom.js';
import { intervalFor, intervals, queryOf, readPast, secondsOf, whyNoPast } from '../history.js';
import { fixed, percent } from '../numbers.js';
import { empty, loading, noPast, noStore } from '../parts/empty.js';
import { go, marketChoice, marketOf, momentField, segments, whenMarketsAreKnown } from '../parts/market-choice.js';
import { now, span } from '../service-clock.js';
import { regimes, regimeWord } from '../words.js';

const day = 86_400;
const spans = [
  [day, '24 h'], [7 * day, '7 d'], [30 * day, '30 d'], [90 * day, '90 d'], [365 * day, '1 y'], [3650 * day, 'All'],
];

function read(query) {
  const length = Number(query.get('span')) || 7 * day;
  const to = query.has('to') ? Date.parse(query.get('to')) : Math.floor(now());
  const from = query.has('from') ? Date.parse(query.get('from')) : to - length * 1000;
  return {
    from, to, length: query.has('from') ? null : length,
    interval: query.get('interval') ?? intervalFor((to - from) / 1000), isChosen: query.has('interval'),
  };
}

/** Totals of the span, weighted by the number of assessments in each bucket. */
function totals(rows) {
  const count = rows.reduce((sum, { bucket }) => sum + bucket.assessments, 0);
  const mean = weigh => count === 0 ? null
    : rows.reduce((sum, row) => sum + (weigh(row) ?? 0) * row.bucket.assessments, 0) / count;
  const scores = rows.map(({ bucket }) => bucket.risk_max).filter(value => value !== null);
  const perRegime = regimes.map(name => [name, mean(row => row.regime === name ? 1 : 0)])
    .filter(([, share]) => share > 0.005).sort((a, b) => b[1] - a[1]);
  const regimesInWords = perRegime.slice(0, 3)
    .map(([name, share]) => `${regimeWord(name)} ${fixed(share * 100, 0)} %`).join(', ');
  return make('dl', { class: 'facts' },
    fact('Blocked', percent(mean(row => row.blocked), 1), 'of all assessments'),
    fact('Mean score', fixed(mean(row => row.score) ?? 0, 3),
      scores.length > 0 && `highest ${fixed(Math.max(...scores), 3)}`),
    fact('Regimes', regimesInWords || '–', 'at the end of each bucket'),
    fact('Assessments', fixed(count, 0), `in ${fixed(rows.length, 0)} buckets`));
}

export const history = {
  name: 'history',
  title: 'Span',
  needsStore: true,

  show: (main, query, signal) => whenMarketsAreKnown(main, 'History', signal, () => {
    const market = marketOf(query), asked = read(query);
    const change = more => go('history', {
      market: market.key,
      span: asked.length,
      from: asked.length ? null : query.get('from'),
      to: asked.length ? null : query.get('to'),
      interval: asked.isChosen ? asked.interval : null,
      ...more,
    });
    const between = (from, to) =>
      change({ span: null, from: new Date(from).toISOString(), to: new Date(to).toISOString(), interval: null });
    const [from, to] = [momentField('From', asked.from), momentField('To', asked.to)];
    const form = make('form', { class: 'choices', onsubmit: event => {
      event.preventDefault();
      between(from.read(), to.read());
    } },
    marketChoice(market.key, key => change({ market: key })),
    segments('Span', spans, asked.length, length => change({ span: length, from: null, to: null, interval: null })),
    from.element, to.element, make('button', null, 'Show'),
    segments('Rollup', [[null, 'auto'], ...Object.keys(intervals).map(name => [name, name])],
      asked.isChosen ? asked.interval : null, interval => change({ interval })));
    const body = place({ class: 'content' });
    const rows = { ...queryOf(market, asked.from, asked.to, asked.interval), format: 'csv' };
    const csv = make('a', { href: urlOf('history', rows), download: true }, 'CSV');
    main.replaceChildren(
      make('section', { class: 'panel', 'aria-label': 'Choose a span' },
        make('h1', null, `History of ${market.pair}`), form),
      make('section', { class: 'panel', 'aria-label': 'Assessments' },
        make('header', null,
          make('h2', null, `${span((asked.to - asked.from) / 1000)} in buckets of ${asked.interval}`),
          !whyNoPast() && csv),
        body));
    if (whyNoPast()) return body.show(noStore(whyNoPast()));
    body.show(loading());
    load(market, asked, body, signal, between);
  }),
};

async function load(market, asked, body, signal, between) {
  try {
    const rows = await readPast(market, asked.from, asked.to, asked.interval, signal);
    if (signal.aborted) return;
    if (rows.length === 0) {
      const hint = 'The service adds them as it runs; remora history build --store adds earlier ones.';
      return body.show(empty('No assessments in this span', hint));
    }
    const prices = priceChart({ height: 340, onSelect: (from, to) => between(from * 1000, to * 1000) });
    const made = partsChart();
    const last = new URLSearchParams({ market: market.key, at: new Date(rows.at(-1).at * 1000).toISOString() });
    body.show(
      totals(rows), prices.element, legend(),
      make('p', { class: 'small soft' }, 'Drag over the chart to zoom in. ',
        make('a', { href: `#/moment?${last}` }, 'Show the last assessment in full')),
      make('h3', null, 'Parts of the score'), made.element, partsLegend());
    prices.start(signal);
    made.start(signal);
    prices.show(market.pair, rows, Math.max(intervals[asked.interval], secondsOf(market.timeframe)));
    made.show(rows);
  } catch (error) {
    if (!signal.aborted) body.show(noPast(error));
  }
}
