// Runs the official client against a port that requires a password. Argument 1 is its URL. Prints
// the results as one line of JSON.
import { createRequire } from 'node:module';

const [, , url, folder] = process.argv;
const { createClient } = createRequire(folder + '/package.json')('@clickhouse/client');
const client = createClient({
  url, username: 'remora', password: process.env.PASSWORD,
  clickhouse_settings: { output_format_json_quote_64bit_integers: 0 },
});
const seen = {};
const failure = async (what) => { try { await what; } catch (error) { return error.type; } };

seen.ping = (await client.ping()).success;
const answer = await client.query({
  query: 'SELECT s FROM t WHERE n = {n: UInt32}', query_params: { n: 2 }, format: 'JSONEachRow',
});
seen.rows = await answer.json();
seen.insert = await failure(client.insert({ table: 't', values: [{ n: 9, s: 'nine' }], format: 'JSONEachRow' }));
const stranger = createClient({ url });
seen.stranger = await failure(stranger.query({ query: 'SELECT 1' }));
await client.close();
await stranger.close();
console.log(JSON.stringify(seen));
