// Requests to the service over time: their number, the number of unchanged answers, and response
// times.
import { make } from '../dom.js';
import { fixed } from '../numbers.js';
import { moment } from '../service-clock.js';
import { axis, chart, line } from './chart.js';
import { colour } from './ribbon.js';

const shownRows = 200;
export const milliseconds = microseconds =>
  microseconds === null || microseconds === undefined
    ? '–' : `${fixed(microseconds / 1000, microseconds < 10_000 ? 2 : 0)} ms`;
const share = (part, whole) => whole > 0 ? `${fixed(part / whole * 100, 0)} %` : '–';
const peak = values => Math.max(0, ...values.filter(value => value !== null));
const named = (word, value) => make('span', null, `${word} `, make('b', null, value));

/** Rows are {at, calls, unchanged, refused, errors, p50, p95, p99}, one per bucket. */
export function callsChart() {
  let rows = [];
  const made = chart({
    height: 220,
    scales: { calls: { range: (_, __, high) => [0, Math.max(1, high * 1.05)] } },
    axes: [axis('calls', value => fixed(value, 0))],
    series: [
      line('calls', '--accent', 'calls', { fill: () => colour('--raised') }),
      line('unchanged', '--part-regime', 'calls', { dash: [5, 4] }),
      line('errors', '--blocked', 'calls'),
    ],
    describe: (_, index) => {
      const { calls, unchanged, refused, errors } = rows[index];
      return [
        named('calls', fixed(calls, 0)), named('unchanged', share(unchanged, calls)),
        named('refused', fixed(refused, 0)), named('errors', fixed(errors, 0)),
      ];
    },
    summary: () => {
      const total = name => rows.reduce((sum, row) => sum + row[name], 0);
      const most = fixed(peak(rows.map(row => row.calls)), 0);
      return `Calls per bucket, at most ${most}; ${share(total('unchanged'), total('calls'))} unchanged.`;
    },
  });
  return { ...made, show: next => {
    rows = next;
    const data = ['at', 'calls', 'unchanged', 'errors'].map(name => rows.map(row => row[name]));
    made.show({ data, alternative: alternative(rows) });
  } };
}

export function latencyChart() {
  let rows = [];
  const made = chart({
    height: 220,
    scales: { ms: { range: (_, __, high) => [0, Math.max(0.1, high * 1.05)] } },
    axes: [axis('ms', value => `${fixed(value, value < 1 ? 2 : 0)} ms`)],
    series: [
      line('99 %', '--part-external', 'ms', { spanGaps: true }),
      line('95 %', '--part-momentum', 'ms', { dash: [6, 4], spanGaps: true }),
      line('half', '--part-volatility', 'ms', { spanGaps: true }),
    ],
    describe: (_, index) => {
      const { p50, p95, p99 } = rows[index];
      return [
        named('half within', milliseconds(p50)), named('95 % within', milliseconds(p95)),
        named('99 % within', milliseconds(p99)),
      ];
    },
    summary: () => {
      const slowest = milliseconds(peak(rows.map(row => row.p99)));
      return `Time to answer: 99 % of calls within ${slowest} in the slowest bucket.`;
    },
  });
  const ms = name => rows.map(row => row[name] === null ? null : row[name] / 1000);
  return { ...made, show: next => {
    rows = next;
    made.show({ data: [rows.map(row => row.at), ms('p99'), ms('p95'), ms('p50')], alternative: alternative(rows) });
  } };
}

const alternative = rows => ({
  caption: `Requests per bucket: the last ${Math.min(rows.length, shownRows)} of ${rows.length}`,
  heads: [
    { text: 'From (UTC)' },
    ...['Calls', 'Unchanged', 'Refused', 'Errors', 'Half within', '95 % within', '99 % within']
      .map(text => ({ text, number: true })),
  ],
  rows: () => rows.slice(-shownRows).reverse().map(row => [
    moment(row.at * 1000), fixed(row.calls, 0), share(row.unchanged, row.calls), fixed(row.refused, 0),
    fixed(row.errors, 0), milliseconds(row.p50), milliseconds(row.p95), milliseconds(row.p99),
  ]),
});
