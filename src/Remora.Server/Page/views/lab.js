// Changes a policy and shows at once what it would have done in two years of a market.
import { post } from '../api.js';
import { make, panel, place } from '../dom.js';
import { known } from '../knowledge.js';
import { empty, loading } from '../parts/empty.js';
import { controls, gates, keep, notes, odds, saved, tails } from '../parts/lab.js';
import { go, marketChoice, marketOf, whenMarketsAreKnown } from '../parts/market-choice.js';

const patience = 120_000; // milliseconds: the first policy of a market needs its whole past

const policyChoice = (chosen, change) => {
  const select = make('select', { onchange: () => change(select.value) },
    known.policies.policies.map(({ name }) => make('option', { value: name, selected: name === chosen }, name)));
  return make('label', null, 'Begin with', select);
};

const figures = trial => [
  make('section', { class: 'panel content', 'aria-label': 'Result' },
    make('p', { class: 'answer' }, trial.summary), trial.beside && make('p', null, trial.beside), ...odds(trial)),
  panel('Beside today’s policy', gates(trial.comparison)),
  trial.comparison.tried.tails.length > 0 && panel('Sample strategies', tails(trial.comparison)),
  panel('What these figures leave out', ...notes(trial)),
];

export const lab = {
  name: 'lab',
  title: 'Lab',

  show: (main, query, signal) => whenMarketsAreKnown(main, 'Lab', signal, () => {
    const { key, pair, exchange, timeframe } = marketOf(query);
    const market = { pair, exchange, timeframe };
    const all = known.policies.policies;
    const begin = all.find(({ name }) => name === query.get('policy')) ?? all[0];
    const change = more => go('lab', { market: key, policy: begin.name, ...more });
    const body = place({ class: 'stack', 'aria-live': 'polite' });
    const opened = place({ class: 'stack' });
    let policy = structuredClone(begin);
    let isAsking = false, isChanged = false;

    /** Asks for the present policy; one request runs at a time, and the last change wins. */
    const ask = async () => {
      isChanged = true;
      if (isAsking) return;
      isAsking = true;
      main.dataset.asking = 'yes';
      while (isChanged && !signal.aborted) {
        isChanged = false;
        try {
          const trial = await post('lab', policy, signal, { query: market, patience });
          if (!signal.aborted && !isChanged) body.show(figures(trial));
        } catch (error) {
          if (!signal.aborted && !isChanged) body.show(panel('Result', empty('No result', error.message)));
        }
      }
      isAsking = false;
      if (!signal.aborted) delete main.dataset.asking;
    };
    const save = async name => {
      opened.show(panel('Saved', loading()));
      try {
        const answer = await post('lab/save', { ...policy, name }, signal, { query: market, patience });
        if (signal.aborted) return;
        body.show(figures(answer.trial));
        opened.show(saved(answer));
      } catch (error) {
        if (!signal.aborted) opened.show(panel('Not saved', empty('Nothing was saved', error.message)));
      }
    };
    main.replaceChildren(
      make('section', { class: 'panel', 'aria-label': 'Choose a market' },
        make('h1', null, `Lab of ${pair}`),
        make('div', { class: 'choices' }, marketChoice(key, market => change({ market })),
          policyChoice(begin.name, policy => change({ policy })))),
      make('div', { class: 'lab columns' },
        make('div', { class: 'stack' },
          panel('Policy', controls(policy, changed => { policy = changed; ask(); })),
          panel('Save', keep(save)), opened),
        body));
    body.show(panel('Result', loading()));
    ask();
  }),
};
