// Runs the official client, unmodified, against a host. Argument 1 is its URL. Prints the results
// as one line of JSON.
import { createRequire } from 'node:module';

const [, , url, folder] = process.argv;
const { createClient, ClickHouseError } = createRequire(folder + '/package.json')('@clickhouse/client');
const own = { url, username: process.env.USER_NAME, password: process.env.PASSWORD };
const client = createClient({ ...own, compression: { request: true, response: true } });
const seen = {};

seen.ping = (await client.ping()).success;
await client.command({
  query: 'CREATE TABLE official (id UInt64, name String, tags Array(String)) ENGINE = MergeTree ORDER BY id',
});

const inserted = await client.insert({
  table: 'official',
  values: Array.from({ length: 1000 }, (_, id) => ({ id, name: `n'${id}`, tags: ['a', "b'"] })),
  format: 'JSONEachRow',
});
seen.writtenRows = inserted.summary?.written_rows;
seen.insertHasQueryId = inserted.query_id.length > 0;

async function* lines() {
  for (let id = 1000; id < 3000; id++) yield { id, name: 'streamed', tags: [] };
}
const { Readable } = await import('node:stream');
await client.insert({ table: 'official', values: Readable.from(lines(), { objectMode: true }), format: 'JSONEachRow' });

const counted = await client.query({ query: 'SELECT count() AS c FROM official', format: 'JSON' });
seen.count = (await counted.json()).data[0].c;

const bound = await client.query({
  query: 'SELECT {s: String} AS s, {n: UInt64} AS n, {list: Array(String)} AS list, {d: DateTime64(3)} AS d',
  query_params: {
    s: "x'; DROP TABLE official; --\t\\", n: 42, list: ["a'b", 'c'],
    d: new Date(Date.UTC(2024, 0, 2, 3, 4, 5, 678)),
  },
  clickhouse_settings: { max_threads: 1 },
  format: 'JSONEachRow',
});
seen.bound = await bound.json();

const streamed = await client.query({ query: 'SELECT number FROM numbers(500000)', format: 'JSONEachRow' });
let rows = 0;
for await (const chunk of streamed.stream()) rows += chunk.length;
seen.streamedRows = rows;

try {
  await client.query({ query: 'SELECT * FROM no_such_table' });
} catch (error) {
  seen.error = { isTyped: error instanceof ClickHouseError, code: error.code, type: error.type };
}

const plain = createClient(own);
try {
  const broken = await plain.query({
    query: 'SELECT throwIf(number = 400000) FROM numbers(500000) SETTINGS max_block_size = 1000, max_threads = 1',
    format: 'JSONEachRow',
    clickhouse_settings: { http_response_buffer_size: '1000' },
  });
  for await (const chunk of broken.stream()) chunk.length;
} catch (error) {
  seen.middle = { isTyped: error instanceof ClickHouseError, code: error.code };
}

const leaving = new AbortController();
setTimeout(() => leaving.abort(), 200);
try {
  await plain.query({
    query: 'SELECT sum(sipHash64(number)) FROM numbers(100000000000)', abort_signal: leaving.signal,
    clickhouse_settings: { readonly: '2' }, // or it would run on
  });
} catch (error) {
  seen.aborted = error.message;
}

const executed = await client.exec({ query: 'SELECT 1 FORMAT CSV' });
let text = '';
for await (const chunk of executed.stream) text += chunk;
seen.executed = text;

await client.command({ query: 'DROP TABLE official' });
await client.close();
await plain.close();
console.log(JSON.stringify(seen));
