// The last day of a pair: from the store, or else the data received since the page was opened.
import { legend, priceChart } from '../charts/price-chart.js';
import { make, place } from '../dom.js';
import { readPast, secondsOf, unchangedSince, whyNoPast } from '../history.js';
import { known } from '../knowledge.js';
import { now } from '../service-clock.js';
import { addPrice, seenOf } from '../watched.js';

const day = 86_400;
const fewest = 2;

/** The stored rows, followed by the rows received since. */
const joined = (stored, seen) => [...stored, ...seen.filter(row => row.at > (stored.at(-1)?.at ?? 0))];

/** `onRows` receives the rows that the chart shows. */
export function recentChart(signal, onRows) {
  const from = make('p', { class: 'small soft' });
  const body = place();
  const link = make('a', { href: '#/history' }, 'History');
  const element = make('section', { class: 'panel wide', 'aria-label': 'Price and regime' },
    make('header', null, make('h2', null, 'Price, regime and score'), link), body, from);
  let market = null, stored = [], why = '', drawn = null;

  const draw = () => {
    const rows = market ? joined(stored, seenOf(market.key)) : [];
    onRows(rows);
    const opened = rows.length >= fewest ? `${why} The chart shows what arrived since this page was opened.` : '';
    from.textContent = stored.length > 0 ? 'The last 24 hours, from the store.' : opened;
    if (rows.length < fewest) {
      drawn = null;
      return body.show(make('p', { class: 'empty' }, make('strong', null, 'No chart yet'), why,
        ' The chart grows with each candle that closes while this page is open.'));
    }
    if (!drawn) {
      drawn = priceChart();
      body.show(drawn.element, legend());
      drawn.start(signal);
    }
    drawn.show(market.pair, rows, secondsOf(market.timeframe));
  };
  const load = async wanted => {
    const to = now();
    try {
      const rows = !whyNoPast() ? await readPast(wanted, to - day * 1000, to, '1m', signal) : [];
      const since = unchangedSince(rows);
      if (since) known.setStoredSince(wanted.key, since);
      if (wanted !== market) return;
      stored = rows;
      why = stored.length > 0 ? '' : whyNoPast() ?? 'The store has no assessments of the last 24 hours.';
    } catch (error) {
      why = `History cannot be read: ${error.message.replace(/\.$/, '')}.`;
    }
    if (wanted === market) draw();
  };
  known.on('assessment', async ({ key }) => {
    if (key !== market?.key) return;
    draw();
    if (await addPrice(market) && key === market?.key) draw();
  }, signal);
  known.on('store', () => market && load(market), signal);
  let wasLost = false;
  known.on('connection', () => {
    if (wasLost && !known.isLost && market) load(market); // loads what was missed
    wasLost = known.isLost;
  }, signal);
  return {
    element,
    show(next) {
      if (next?.key === market?.key) return draw();
      [market, stored, why, drawn] = [next, [], '', null];
      if (!market) return;
      link.href = `#/history?market=${encodeURIComponent(market.key)}`;
      draw();
      addPrice(market).then(draw);
      load(market);
    },
  };
}
