// The parts of a book: its figures, its positions, what one more entry does, and past crashes.
import { shares } from '../charts/shares.js';
import { fact, make, table } from '../dom.js';
import { icon } from '../icons.js';
import { fixed, missing, number, share, signed } from '../numbers.js';
import { at } from '../service-clock.js';
import { plain } from '../words.js';

const noTable = 'outside the tested range, or no table of such books';
const numbered = words => words.map((text, index) => ({ text, number: index > 0 }));
const money = value => number(value, Math.abs(value) < 100 ? 2 : 0, noTable);
const kinds = {
  net_long: 'net long', net_short: 'net short', hedged: 'hedged', one_market: 'one market', flat: 'flat',
};
const baseOf = pair => pair.split('/')[0];

/** Reads positions such as BTC/USDT=1000, below 0 for a short; null if one is not valid. */
export function readPositions(text) {
  const items = text.trim().split(/[\s,;]+/).filter(Boolean);
  const positions = items.map(item => {
    const [, pair, value] = /^([^=]+\/[^=]+)=([+-]?\d+(?:\.\d+)?)$/.exec(item) ?? [];
    return Number(value) ? { pair, side: value < 0 ? 'short' : 'long', notional: Math.abs(value) } : null;
  });
  return positions.length > 0 && positions.every(Boolean) ? positions : null;
}

export const extent = answer => make('dl', { class: 'facts' },
  fact('Exposure', share(answer.gross_exposure), `of the wallet, ${kinds[answer.book] ?? plain(answer.book)}`),
  fact('Usual move', share(answer.volatility), `of the wallet in ${answer.horizon}`),
  fact('Independent bets', number(answer.independent_bets, 1, 'the book does not move'), '1: all is one bet'),
  fact('Made at', at(answer.as_of), 'UTC'));

export const limitLine = answer => answer.over_limit && make('div', { class: 'alarm' },
  make('p', null, icon('caution'),
    make('strong', null, ` The value at risk is above the limit of ${signed(answer.limit).slice(1)}.`)));

export const losses = answer => table(`Loss of the wallet within ${answer.horizon}`,
  numbered(['Loss', 'Ratio', 'Money']),
  [['0.95', 'exceeded 1 time in 20'], ['0.99', 'exceeded 1 time in 100']].flatMap(([level, words]) => [
    [words, share(answer.value_at_risk[level], noTable), money(answer.money.value_at_risk[level])],
    ['mean beyond it', share(answer.expected_shortfall[level], noTable),
      money(answer.money.expected_shortfall[level])],
  ]));

const chance = (touch, horizon) => touch ? share(touch.probability[horizon], 'outside the tested range') : '–';

export const positions = answer => [
  answer.positions.every(({ share_percent: percent }) => percent !== null)
    && shares(answer.positions.map(({ pair, share_percent: percent }) => ({ name: baseOf(pair), percent }))),
  table('Positions',
    numbered(['Pair', 'Value', 'Usual move', 'Share of the risk', 'Risk without it', 'Stop touched', 'Liquidated']),
    answer.positions.map(position => [
      `${position.pair} ${position.side}`, money(position.notional), share(position.volatility),
      position.share_percent === null ? missing('the book does not move')
        : make('data', { value: position.share_percent }, `${fixed(position.share_percent, 0)} %`),
      share(position.without.volatility), chance(position.stop, answer.horizon),
      chance(position.liquidation, answer.horizon),
    ]), { isWide: true }),
  answer.unknown.length > 0 && make('p', { class: 'small' }, 'Not counted: ',
    answer.unknown.map(({ pair, reason }) => `${pair} (${plain(reason)})`).join(', ')),
];

export function candidate({ candidate: entry, limit, horizon, volatility }) {
  if (!entry) return make('p', { class: 'small soft' }, 'Enter a pair to see what one more entry does.');
  const more = entry.with;
  return make('dl', { class: 'facts' },
    more && fact('Usual move', share(more.volatility), `of the wallet, now ${fixed(volatility * 100, 2)} %`),
    more && fact('Loss, 1 time in 20', share(more.value_at_risk['0.95'], noTable), `of the wallet in ${horizon}`),
    fact('Largest that fits', limit === null ? missing('enter a limit') : money(entry.largest_notional),
      `${entry.pair} ${entry.side}`),
    fact('Effect', entry.is_hedge ? 'hedges the book' : 'adds to the risk', 'of a small entry'));
}

export const stress = answer => table('If it happened again', numbered(['Day', 'Wallet', 'Money', 'At the low']),
  answer.stress.map(day => [
    day.name === 'correlation_one' ? 'All coins move together, 1 time in 20' : day.name,
    day.return === null ? missing('no move is known') : make('data', { value: day.return }, signed(day.return)),
    money(day.money),
    day.return_at_low === null ? '–' : make('data', { value: day.return_at_low }, signed(day.return_at_low)),
  ]));

export const notes = answer => [
  answer.stress.some(day => day.by_beta.length > 0) && make('p', { class: 'small soft' },
    'Pairs without a known move of a day move as BTC times their beta: ',
    [...new Set(answer.stress.flatMap(day => day.by_beta))].join(', ')),
  answer.notes.map(note => make('p', { class: 'small soft' }, note)),
];
