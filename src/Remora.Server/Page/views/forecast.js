// How large the next moves of a market will be, why, and what that means for stops.
import { get } from '../api.js';
import { make, panel, place } from '../dom.js';
import { known } from '../knowledge.js';
import { rough } from '../numbers.js';
import { losses, moves, stops } from '../parts/chances.js';
import { empty, loading } from '../parts/empty.js';
import { factorSentence, waterfall } from '../parts/factors.js';
import { fanOf, forecastLine, forecastQuality, namesOf, noForecast } from '../parts/forecast.js';
import { go, marketChoice, marketOf, segments, whenMarketsAreKnown } from '../parts/market-choice.js';
import { at } from '../service-clock.js';
import { horizons } from '../words.js';

/** A field for a move in percent, empty for the usual ones. */
function moveField(chosen, change) {
  const input = make('input', {
    type: 'number', min: 0.01, max: 99, step: 0.01, size: 6, value: chosen, placeholder: '1, 2, 5, 10',
  });
  const submit = event => {
    event.preventDefault();
    change(input.value || null);
  };
  return make('form', { class: 'choices', onsubmit: submit }, make('label', null, 'Moves of more than (%)', input),
    make('button', null, 'Show'));
}

/** The sentence above everything else. */
function verdict(forecast, side) {
  const distance = forecast.horizons['4h'][namesOf(side).stops]['0.1'];
  if (distance === null) return `Next 4 h: ±${rough(forecast.horizons['4h'].volatility)}`;
  return `A stop ${rough(distance)} away is hit by noise 1 time in 10 within 4 h`;
}

const content = (answer, chosen) => {
  const { forecast } = answer, side = known.viewpoint.side ?? 'long';
  if (!forecast) return panel('Forecast', noForecast(answer));
  const [name, word] = horizons.find(([candidate]) => candidate === chosen);
  const horizon = forecast.horizons[name];
  return [
    make('section', { class: 'panel', 'aria-label': 'Forecast' },
      make('p', { class: 'answer' }, verdict(forecast, side)),
      make('p', { class: 'soft' }, forecastLine({ ...answer, side }), '. Made at ', at(forecast.as_of), ' UTC.'),
      fanOf(forecast)),
    make('div', { class: 'columns' },
      make('div', { class: 'stack' },
        panel('Why', make('p', { class: 'small' }, factorSentence(word, horizon)), waterfall(word, horizon)),
        panel('How far to rely on it', forecastQuality(forecast)),
        panel('Losses', losses(forecast))),
      make('div', { class: 'stack' },
        panel('Long positions', stops(forecast, 'long'), moves(forecast, 'long')),
        panel('Short positions', stops(forecast, 'short'), moves(forecast, 'short')))),
  ];
};

export const forecast = {
  name: 'forecast',
  title: 'Forecast',

  show: (main, query, signal) => whenMarketsAreKnown(main, 'Forecast', signal, () => {
    const market = marketOf(query), { pair, exchange, timeframe } = market;
    const chosen = horizons.find(([name]) => name === query.get('horizon'))?.[0] ?? '4h';
    const move = query.get('move');
    const change = more => go('forecast', { market: market.key, horizon: chosen, move, ...more });
    const body = place({ class: 'stack' });
    main.replaceChildren(
      make('section', { class: 'panel', 'aria-label': 'Choose a market' },
        make('h1', null, `Forecast of ${pair}`),
        make('div', { class: 'choices' }, marketChoice(market.key, key => change({ market: key })),
          segments('Factors of', horizons, chosen, horizon => change({ horizon })),
          moveField(move, value => change({ move: value })))),
      body);
    body.show(panel('Forecast', loading()));
    let asked = null;
    const load = async () => {
      const ratio = move === null ? null : Number((move / 100).toPrecision(10));
      try {
        const answer = await get('forecast', { pair, exchange, timeframe, fall: ratio, rise: ratio }, signal);
        if (!signal.aborted) body.show(content(answer, chosen));
      } catch (error) {
        asked = null;
        if (!signal.aborted) body.show(panel('Forecast', empty('The forecast cannot be shown', error.message)));
      }
    };
    // Asks again when the forecast has changed or the service is back.
    const refresh = () => {
      const { forecast: latest, no_forecast: absence } = known.assessments.get(market.key) ?? {};
      const state = `${known.isLost} ${latest?.as_of} ${absence}`;
      if (state === asked) return;
      asked = state;
      load();
    };
    known.on('assessment', ({ key }) => key === market.key && refresh(), signal);
    known.on('connection', refresh, signal);
    refresh();
  }),
};
