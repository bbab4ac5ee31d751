// The track record of a market: how its published forecasts met what came.
import { get } from '../api.js';
import { curve } from '../charts/curve.js';
import { make, panel, place } from '../dom.js';
import { whyNoPast } from '../history.js';
import { known } from '../knowledge.js';
import { rough } from '../numbers.js';
import { decisions } from '../parts/decisions.js';
import { empty, loading, noPast, noStore } from '../parts/empty.js';
import { go, marketChoice, marketOf, segments, whenMarketsAreKnown } from '../parts/market-choice.js';
import {
  accuracy, alarmLine, bookRecord, extent, falls, hits, recordSentence, ungraded, vintages,
} from '../parts/record.js';
import { horizons } from '../words.js';

const spans = [['all', 'All'], ['-365d', '1 year'], ['-90d', '90 days'], ['-30d', '30 days']];
const longest = '-90d'; // of the entries of bots
const again = 10_000; // milliseconds between two requests of an open view

const reliability = ({ probability_of_drawdown: scores }) => Object.entries(scores)
  .filter(([, { reliability: groups }]) => groups.length > 1)
  .flatMap(([fall, { reliability: groups }]) => [
    make('h3', null, `A fall of more than ${rough(Number(fall))}`),
    curve(`Chance of a fall of more than ${rough(Number(fall))}`, groups),
  ]);

function content(scorecard, name) {
  const record = scorecard.horizons[name];
  const first = [extent(scorecard, record), alarmLine(scorecard.alarm)];
  const missed = Object.keys(record.not_graded).length > 0 && panel('Not graded', ungraded(record));
  if (record.graded === 0)
    return [
      panel('Track record', empty('Nothing graded yet',
        `A forecast of the next ${name} is graded when these hours have passed.`), first),
      missed,
    ];
  return [
    make('section', { class: 'panel', 'aria-label': 'Track record' },
      make('p', { class: 'answer' }, recordSentence(record)), first),
    make('div', { class: 'columns' },
      make('div', { class: 'stack' },
        panel('Volatility', accuracy(record),
          record.volatility.length > 1 && curve('Volatility over the horizon', record.volatility)),
        panel('Losses', hits(record))),
      make('div', { class: 'stack' }, panel('Chances of a fall', falls(record), ...reliability(record)), missed)),
    record.vintages.length > 0 && panel('Vintages', vintages(record)),
  ];
}

export const record = {
  name: 'record',
  title: 'Track record',
  needsStore: true,

  show: (main, query, signal) => whenMarketsAreKnown(main, 'Track record', signal, () => {
    const market = marketOf(query), { pair, exchange, timeframe } = market;
    const chosen = horizons.find(([name]) => name === query.get('horizon'))?.[0] ?? '4h';
    const span = spans.find(([name]) => name === query.get('span'))?.[0] ?? 'all';
    const change = more => go('record', { market: market.key, horizon: chosen, span, ...more });
    const body = place({ class: 'stack' }), refused = place({ class: 'stack' }), below = place({ class: 'stack' });
    main.replaceChildren(
      make('section', { class: 'panel', 'aria-label': 'Choose a market' },
        make('h1', null, `Track record of ${pair}`),
        make('div', { class: 'choices' }, marketChoice(market.key, key => change({ market: key })),
          segments('Horizon', horizons, chosen, horizon => change({ horizon })),
          segments('Span', spans, span, name => change({ span: name })))),
      body, refused, below);
    const say = message => body.show(panel('Track record', message));
    if (whyNoPast()) return say(noStore(whyNoPast()));
    say(loading());
    let askedAt = -Infinity, shown = '';
    const load = async () => {
      askedAt = performance.now();
      try {
        const asked = { pair, exchange, timeframe, from: span === 'all' ? null : span };
        const scorecard = await get('scorecard', asked, signal);
        // An open table stays open while nothing has changed.
        const text = JSON.stringify([scorecard.horizons, scorecard.alarm]);
        if (signal.aborted || text === shown) return;
        shown = text;
        body.show(content(scorecard, chosen));
        const since = ['-90d', '-30d'].includes(span) ? span : longest;
        const more = [get('decisions', { from: since }, signal), get('scorecard/books', { from: asked.from }, signal)];
        const [entries, books] = await Promise.all(more.map(part => part.catch(() => null)));
        if (signal.aborted) return;
        refused.show(entries ? decisions(entries) : []);
        below.show(books?.books.length > 0 ? panel('Books', bookRecord(books)) : []);
      } catch (error) {
        shown = '';
        if (!signal.aborted) say(noPast(error));
      }
    };
    known.on('assessment', ({ key }) => {
      if (key === market.key && performance.now() - askedAt >= again) load();
    }, signal);
    load();
  }),
};
