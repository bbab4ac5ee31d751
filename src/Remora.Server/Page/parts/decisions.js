// The entries that bots wanted: what refusing them saved and missed, and what became of each.
import { make, panel, table } from '../dom.js';
import { fixed, missing, number, signed } from '../numbers.js';
import { at } from '../service-clock.js';
import { blockWord, horizons, plain } from '../words.js';

const count = value => make('data', { value }, fixed(value, 0));
const numbered = (words, texts) => words.map((text, index) => ({ text, number: index >= texts }));
const move = (ratio, reason) => ratio === null || ratio === undefined
  ? missing(reason) : make('data', { value: ratio }, signed(ratio));
const ends = { stop_loss: 'stop', roi: 'target', time_limit: 'after 14 days', no_exit: 'no stop or target reported' };

const row = (name, group) => [
  name, count(group.entries), count(group.ended), count(group.losers), move(group.mean_profit, 'none has ended'),
  ...horizons.map(([horizon]) => move(group.horizons[horizon], 'not known yet')),
];

const one = ({ report, outcome }) => [
  at(report.at), `${report.pair} ${report.side}`,
  report.verdict === 'allowed' ? 'allowed'
    : `${report.verdict}: ${(report.blocked_by ?? []).map(blockWord).join(', ')}`,
  ...horizons.map(([horizon]) => move(outcome.horizons[horizon], 'not known yet')),
  [move(outcome.profit, 'not known yet'), ` ${ends[outcome.exit_reason ?? outcome.state] ?? plain(outcome.state)}`],
];

/** The panel of a span; null while no bot has reported an entry in it. */
export function decisions({ sentence, summary, decisions: entries }) {
  if (entries.length === 0) return null;
  const edge = summary.equal_count.edge_pct;
  return panel('Entries refused and what became of them',
    make('p', null, sentence),
    table('By the stop and the targets of the bot, after fees',
      numbered(['Entries', 'Number', 'Ended', 'With a loss', 'Mean', ...horizons.map(([, word]) => word)], 1),
      [row('Refused', summary.refused), row('Allowed', summary.allowed)], { isWide: true }),
    edge?.p !== null && edge?.p !== undefined && make('p', { class: 'small soft' },
      'Allowed entries did better than refused ones by ', number(edge.value, 2),
      ' points; refusing as many others does at least as well with probability ', number(edge.p, 2), '.'),
    make('details', { class: 'data' }, make('summary', null, 'The newest entries'),
      table('Newest entries',
        numbered(['Time (UTC)', 'Pair', 'Decision', ...horizons.map(([, word]) => word), 'At its end'], 3),
        entries.slice(0, 50).map(one), { isWide: true })));
}
