// Uses the TypeScript client with several addresses; prints one line of JSON:
//   ask URLS SECONDS PAIR…, refused URLS, or stream URLS
import { Remora } from './dist/index.js';

const [, , command, url, seconds, ...pairs] = process.argv;
let result;
if (command === 'ask') {
  // An array is the same as text with commas
  const urls = pairs.length > 1 ? url.split(',') : url;
  const client = new Remora({
    url: urls, apiKey: 'the-key', onError: 'block', timeout: seconds * 1000, cacheFor: 0, breakerPeriod: 3_600_000,
  });
  result = [];
  for (const pair of pairs) {
    const { safe_to_trade: safe, answered, error = null } = await client.risk(pair);
    result.push({ safe, answered, error });
  }
} else if (command === 'refused') {
  try {
    new Remora({ url });
  } catch (error) {
    result = error.message;
  }
} else {
  const stop = new AbortController();
  for await (const { pair } of new Remora({ url }).stream([], { signal: stop.signal })) {
    result = pair;
    stop.abort();
  }
}
console.log(JSON.stringify(result));
