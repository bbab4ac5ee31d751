// What all open positions can lose together, and what one more entry does.
import { get, post } from '../api.js';
import { matrix } from '../charts/matrix.js';
import { make, panel, place } from '../dom.js';
import { known } from '../knowledge.js';
import { candidate, extent, limitLine, losses, notes, positions, readPositions, stress } from '../parts/book.js';
import { empty, loading } from '../parts/empty.js';
import { go, segments } from '../parts/market-choice.js';

const horizons = [['4h', '4 h'], ['24h', '24 h']];
const again = 60_000; // milliseconds between two requests of an open view

const field = (word, attributes) => {
  const input = make('input', attributes);
  return { input, element: make('label', null, word, input) };
};

/** The form for a book that is typed in. */
function bookForm(state, change) {
  const wallet = field('Wallet', { type: 'number', min: 0, step: 'any', size: 9, required: true, value: state.wallet });
  const limit = field('Limit (% of the wallet)', {
    type: 'number', min: 0.01, max: 99, step: 'any', size: 6, value: state.limit, placeholder: 'none',
  });
  const book = field('Positions', {
    type: 'text', size: 44, required: true, spellcheck: 'false', value: state.positions,
    placeholder: 'BTC/USDT=1000 ETH/USDT=-500', title: 'PAIR=VALUE, below 0 for a short, separated by spaces',
  });
  const entry = field('One more entry', {
    type: 'text', size: 18, spellcheck: 'false', value: state.entry, placeholder: 'SOL/USDT=800',
  });
  for (const { input } of [book, entry])
    input.addEventListener('input', () => input.setCustomValidity(
      input.value === '' || readPositions(input.value) ? '' : 'Write PAIR=VALUE, such as BTC/USDT=1000'));
  const submit = event => {
    event.preventDefault();
    change({
      bot: null, wallet: wallet.input.value, limit: limit.input.value || null, positions: book.input.value,
      entry: entry.input.value || null,
    });
  };
  return make('form', { class: 'choices', onsubmit: submit }, book.element, wallet.element, limit.element,
    entry.element, make('button', null, 'Show'));
}

const content = (answer, correlations) => [
  make('section', { class: 'panel', 'aria-label': 'Book' },
    make('p', { class: 'answer' }, `${answer.summary}.`), limitLine(answer), extent(answer)),
  panel('Positions', ...positions(answer)),
  make('div', { class: 'columns' },
    make('div', { class: 'stack' }, panel('Losses', losses(answer)), panel('One more entry', candidate(answer))),
    make('div', { class: 'stack' },
      correlations && panel('Correlations', matrix(correlations.pairs.map(pair => pair.split('/')[0]),
        correlations.correlations, correlations.assumed)),
      panel('Past crashes', stress(answer)))),
  panel('What these figures leave out', ...notes(answer)),
];

export const book = {
  name: 'book',
  title: 'Book',

  show(main, query, signal) {
    const state = Object.fromEntries(['bot', 'wallet', 'limit', 'positions', 'entry']
      .map(name => [name, query.get(name)]));
    const horizon = horizons.find(([name]) => name === query.get('horizon'))?.[0] ?? '24h';
    const change = more => go('book', { ...state, horizon, ...more });
    const bots = place({ class: 'choices' });
    const body = place({ class: 'stack' });
    main.replaceChildren(
      make('section', { class: 'panel', 'aria-label': 'Choose a book' }, make('h1', null, 'Book'), bots,
        bookForm(state, change), segments('Within', horizons, horizon, name => change({ horizon: name }))),
      body);
    const say = (what, why) => body.show(panel('Book', empty(what, why)));

    /** Asks for a book: that of a bot, with the entry of the form, or the one that was typed in. */
    const ask = async () => {
      const { books } = await get('portfolio/books', {}, signal);
      if (signal.aborted) return null;
      bots.show(books.map(({ bot }) => make('button', {
        type: 'button', 'aria-pressed': String(bot === state.bot), onclick: () => change({ bot }),
      }, `Trades of ${bot}`)));
      const followed = books.find(({ bot }) => bot === state.bot) ?? (state.positions ? null : books[0]);
      if (followed && !followed.request)
        return say('No open trades', followed.error ?? `${followed.bot} has no open trades.`);
      const request = followed?.request
        ?? { wallet: Number(state.wallet), positions: readPositions(state.positions ?? '') };
      if (!request.positions || !(request.wallet > 0))
        return say('No book yet', 'Enter your positions and the wallet, or follow a Freqtrade bot.');
      const [entry] = readPositions(state.entry ?? '') ?? [];
      const answer = await post('portfolio/risk', {
        ...request, horizon, ...(entry && { candidate: entry }), ...(state.limit && { limit: state.limit / 100 }),
      }, signal);
      const pairs = [...new Set(answer.positions.map(({ market }) => market))].slice(0, 12);
      const together = pairs.length > 1 ? await get('correlations', { pairs: pairs.join(',') }, signal) : null;
      if (!signal.aborted) body.show(content(answer, together));
    };
    let askedAt = -Infinity;
    const load = async () => {
      askedAt = performance.now();
      try {
        await ask();
      } catch (error) {
        if (!signal.aborted) say('The book cannot be shown', error.message);
      }
    };
    body.show(panel('Book', loading()));
    known.on('assessment', () => performance.now() - askedAt >= again && load(), signal);
    load();
  },
};
