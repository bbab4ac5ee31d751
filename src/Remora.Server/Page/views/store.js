// How the store is: its tables and rollups, and what waits to be written.
import { get } from '../api.js';
import { make, place, table } from '../dom.js';
import { hasStore } from '../history.js';
import { bytes, fixed, missing } from '../numbers.js';
import { noPast, noStore } from '../parts/empty.js';
import { whenMarketsAreKnown } from '../parts/market-choice.js';
import { health } from '../parts/outside.js';
import { ago, at } from '../service-clock.js';

const every = 10_000;
const fact = (name, value, note) => make('div', null, make('dt', null, name), make('dd', null, value, note && make('small', null, note)));
const when = (text, reason) => text ? ago(text) : missing(reason);

function recording(recorder) {
  const { queued_rows: queued, journal_batches: batches, journal_bytes: size, dropped_rows: dropped, set_aside: aside, last_error: error, last_error_at: erred, last_success: success, oldest_unwritten: oldest } = recorder;
  const isWell = erred === null || (success !== null && success > erred);
  return make('dl', { class: 'facts' },
    fact('Writing', health(isWell ? 'good' : 'bad', isWell ? 'well' : 'not possible'), success ? ['last written ', ago(success)] : 'nothing has been written yet'),
    fact('In memory', `${fixed(queued, 0)} rows`, 'not yet in the journal'),
    fact('In the journal', `${fixed(batches, 0)} batches, ${bytes(size)}`, oldest ? ['the oldest from ', ago(oldest)] : 'nothing waits'),
    fact('Lost', health(dropped > 0 ? 'bad' : 'good', `${fixed(dropped, 0)} rows`), aside.length > 0 ? `${aside.length} batches set aside` : 'nothing was set aside'),
    fact('Last error', error ?? 'none', erred && ago(erred)));
}

const tables = (caption, rows) => table(caption,
  [{ text: 'Table' }, { text: 'Rows', number: true }, { text: 'On disk', number: true }, { text: 'Compressed', number: true }, { text: 'Parts', number: true }, { text: 'From' }, { text: 'To' }],
  rows.map(({ name, rows: count, bytes: size, uncompressed_bytes: plain, parts, first, last }) => [
    name, fixed(count, 0), bytes(size), size > 0 ? `${fixed(plain / size, 1)} times` : '–', fixed(parts, 0), first ? at(first) : missing('it is empty'), when(last, 'it is empty')]), { isWide: true });

export const store = {
  name: 'store',
  title: 'Store',

  show: (main, _, signal) => whenMarketsAreKnown(main, 'Store', signal, () => {
    const body = place({ class: 'content' });
    main.replaceChildren(make('section', { class: 'panel', 'aria-label': 'Store' }, make('h1', null, 'What is kept'), body));
    if (!hasStore()) return body.show(noStore());
    body.show(make('p', { class: 'soft' }, 'Asking …'));
    const ask = async () => {
      try {
        const { version, database, schema_version: schema, tables: all, recorder } = await get('store', {}, signal);
        if (signal.aborted) return;
        body.show(
          recorder && [make('h2', null, 'Recording'), recording(recorder)],
          make('h2', null, 'Tables'), tables(`Rows as they were recorded; ClickHouse ${version}, database ${database}, schema ${schema}`, all.filter(({ rollup }) => rollup === null)),
          make('h2', null, 'Rollups'), tables('What they are rolled up to, each with when its last bucket begins', all.filter(({ rollup }) => rollup !== null)));
      } catch (error) {
        if (!signal.aborted) body.show(noPast(error));
      }
    };
    ask();
    const timer = setInterval(ask, every);
    signal.addEventListener('abort', () => clearInterval(timer), { once: true });
  }),
};
