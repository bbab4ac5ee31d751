// The store: health, tables and rollups, and the rows that wait to be written.
import { get } from '../api.js';
import { fact, make, place, table } from '../dom.js';
import { whyNoPast } from '../history.js';
import { known } from '../knowledge.js';
import { bytes, fixed, missing } from '../numbers.js';
import { noPast, noStore } from '../parts/empty.js';
import { whenMarketsAreKnown } from '../parts/market-choice.js';
import { health } from '../parts/outside.js';
import { ago, agoReal, at } from '../service-clock.js';

const every = 30_000;
const when = (text, reason) => text ? ago(text) : missing(reason);

function recording(recorder) {
  const {
    queued_rows: queued, journal_batches: batches, journal_bytes: size, dropped_rows: dropped, set_aside: aside,
    last_error: error, last_error_at: erred, last_success: success, oldest_unwritten: oldest, is_well: isWell,
  } = recorder;
  return make('dl', { class: 'facts' },
    fact('Writing', health(isWell ? 'good' : 'bad', isWell ? 'healthy' : 'failing'),
      success ? ['last write ', agoReal(success)] : 'nothing written yet'),
    fact('In memory', `${fixed(queued, 0)} rows`, 'not yet in the journal'),
    fact('In the journal', `${fixed(batches, 0)} batches, ${bytes(size)}`,
      oldest ? ['oldest: ', agoReal(oldest)] : 'empty'),
    fact('Lost', health(dropped > 0 ? 'bad' : 'good', `${fixed(dropped, 0)} rows`),
      `${aside.length} batches set aside`),
    fact('Last error', error ?? 'none', erred && agoReal(erred)));
}

const tables = (caption, rows) => table(caption,
  [
    { text: 'Table' },
    ...['Rows', 'On disk', 'Compressed', 'Parts'].map(text => ({ text, number: true })),
    { text: 'From' }, { text: 'To' },
  ],
  rows.map(({ name, rows: count, bytes: size, uncompressed_bytes: plain, parts, first, last }) => [
    name, fixed(count, 0), bytes(size), size > 0 ? `${fixed(plain / size, 1)} times` : '–', fixed(parts, 0),
    first ? at(first) : missing('empty'), when(last, 'empty'),
  ]), { isWide: true });

/** Health and location of the store. */
const overview = ({ location, version, schema_version: schema, ready, error, engine, remarks }) => [
  make('dl', { class: 'facts' },
    fact('Store', health(ready ? 'good' : 'bad', ready ? 'open' : 'not open'), error),
    fact('Where', location, engine ? 'embedded engine' : 'server'),
    fact('ClickHouse', version ?? missing('known once the store is open'), schema !== null && `schema ${schema}`)),
  remarks.length > 0 && make('ul', { class: 'reasons' }, remarks.map(text => make('li', null, text))),
];

export const store = {
  name: 'store',
  title: 'Store',
  needsStore: true,

  show: (main, _, signal) => whenMarketsAreKnown(main, 'Store', signal, () => {
    const body = place({ class: 'content' }), kept = place({ class: 'content' });
    const heading = make('h1', null, 'Store');
    main.replaceChildren(make('section', { class: 'panel', 'aria-label': 'Store' }, heading, body, kept));
    const showHealth = () => {
      const now = known.status.store;
      body.show(now ? [overview(now), make('h2', null, 'Recording'), recording(now.recorder)] : noStore(whyNoPast()));
    };
    const ask = async () => {
      if (whyNoPast()) return;
      try {
        const { tables: all } = await get('store/tables', {}, signal);
        if (signal.aborted) return;
        const recorded = all.filter(({ rollup }) => rollup === null);
        const rollups = all.filter(({ rollup }) => rollup !== null);
        kept.show(
          make('h2', null, 'Tables'), tables('Recorded rows', recorded),
          make('h2', null, 'Rollups'), tables('Rollups; To is the start of the last bucket', rollups));
      } catch (error) {
        if (!signal.aborted) kept.show(noPast(error));
      }
    };
    showHealth();
    ask();
    known.on('status', showHealth, signal);
    const timer = setInterval(ask, every);
    signal.addEventListener('abort', () => clearInterval(timer), { once: true });
  }),
};
