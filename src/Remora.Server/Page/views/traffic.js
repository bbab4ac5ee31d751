// Requests to the service: calls, unchanged share, response times, distinct answers per query.
import { get } from '../api.js';
import { lineNames } from '../charts/chart.js';
import { callsChart, latencyChart, milliseconds } from '../charts/traffic-charts.js';
import { make, place, table } from '../dom.js';
import { intervals, whyNoPast } from '../history.js';
import { fixed, percent } from '../numbers.js';
import { empty, loading, noPast, noStore } from '../parts/empty.js';
import { go, segments, whenMarketsAreKnown } from '../parts/market-choice.js';
import { now } from '../service-clock.js';

const hour = 3600;
const lengths = { '1m': 3 * hour, '1h': 7 * 24 * hour, '6h': 30 * 24 * hour, '12h': 90 * 24 * hour };
const sum = (rows, name) => rows.reduce((total, row) => total + row[name], 0);
const grouped = (rows, keyOf) =>
  rows.reduce((groups, row) => groups.set(keyOf(row), [...groups.get(keyOf(row)) ?? [], row]), new Map());

const isStream = ({ route }) => route.endsWith('/stream'); // the time is the length of the connection

/**
 * Quantiles of several routes cannot be added, so a bucket shows those of its slowest route. A
 * bucket without a row had no requests.
 */
function perBucket(rows, step) {
  const groups = grouped(rows, row => Date.parse(row.time) / 1000);
  const times = [...groups.keys()], first = Math.min(...times), count = (Math.max(...times) - first) / step + 1;
  return Array.from({ length: count }, (_, index) => {
    const at = first + index * step, group = groups.get(at) ?? [], timed = group.filter(row => !isStream(row));
    const slowest = name => timed.length === 0 ? null : Math.max(...timed.map(row => row[`microseconds_${name}`]));
    return {
      at,
      calls: sum(group, 'calls'), unchanged: sum(group, 'unchanged'),
      refused: sum(group, 'refused'), errors: sum(group, 'errors'),
      p50: slowest('p50'), p95: slowest('p95'), p99: slowest('p99'),
    };
  });
}

const mean = (group, name) =>
  sum(group.map(row => ({ value: row[name] * row.calls })), 'value') / (sum(group, 'calls') || 1);

const timesOf = group => isStream(group[0]) ? ['–', '–'] : [
  milliseconds(mean(group, 'microseconds_mean')),
  milliseconds(Math.max(...group.map(row => row.microseconds_p99))),
];

function perRoute(rows) {
  const heads = [
    { text: 'Route' }, { text: 'Pair' },
    ...['Calls', 'Unchanged', 'Refused', 'Errors', 'Mean', 'p99, worst bucket', 'Answers per query']
      .map(text => ({ text, number: true })),
  ];
  const groups = [...grouped(rows, row => `${row.route} ${row.pair}`).values()];
  const most = groups.sort((a, b) => sum(b, 'calls') - sum(a, 'calls')).slice(0, 100);
  const lines = most.map(group => [
    group[0].route, group[0].pair || '–', fixed(sum(group, 'calls'), 0),
    percent(sum(group, 'unchanged') / (sum(group, 'calls') || 1)),
    fixed(sum(group, 'refused'), 0), fixed(sum(group, 'errors'), 0), ...timesOf(group),
    fixed(sum(group, 'results') / (sum(group, 'queries') || 1), 1),
  ]);
  return table('Per route and pair over the whole span', heads, lines, { isWide: true });
}

export const traffic = {
  name: 'traffic',
  title: 'Traffic',
  needsStore: true,

  show: (main, query, signal) => whenMarketsAreKnown(main, 'Traffic', signal, async () => {
    const interval = query.get('interval') in lengths ? query.get('interval') : '1m';
    const body = place({ class: 'content' });
    const choices = Object.keys(lengths).map(name => [name, name]);
    const choice = segments('Rollup', choices, interval, name => go('traffic', { interval: name }));
    main.replaceChildren(make('section', { class: 'panel', 'aria-label': 'Traffic' },
      make('header', null, make('h1', null, 'Requests to this service'), choice), body));
    if (whyNoPast()) return body.show(noStore(whyNoPast()));
    body.show(loading());
    try {
      const to = now();
      const { rows } = await get('traffic', {
        interval, from: new Date(to - lengths[interval] * 1000).toISOString(), to: new Date(to).toISOString(),
        limit: 10_000,
      }, signal);
      if (signal.aborted) return;
      if (rows.length === 0) {
        const hint = 'Requests appear a few seconds after they are answered.';
        return body.show(empty('No requests stored yet', hint));
      }
      const calls = callsChart(), latency = latencyChart(), buckets = perBucket(rows, intervals[interval]);
      body.show(
        make('h2', null, 'Calls per bucket'), calls.element,
        lineNames([['ink-accent', 'calls'], ['part-regime', 'unchanged', true], ['ink-blocked', 'errors']]),
        make('h2', null, 'Response time of the slowest route'), latency.element,
        lineNames([['part-volatility', 'median'], ['part-momentum', '95 %', true], ['part-external', '99 %']]),
        make('h2', null, 'Per route'), perRoute(rows));
      calls.start(signal);
      latency.start(signal);
      calls.show(buckets);
      latency.show(buckets);
    } catch (error) {
      if (!signal.aborted) body.show(noPast(error));
    }
  }),
};
