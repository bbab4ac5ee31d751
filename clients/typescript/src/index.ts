// A client of a Remora service for browsers and for Node.js 20 or later. It has no dependencies.
// The types of answers are generated from the service's OpenAPI document.
import type { components } from './schema.js';

type Schemas = components['schemas'];

/** The assessment of a pair, as the service gives it. Unknown values are null. */
export type Assessment = Schemas['Assessment'];
/** The forecast of a pair for 1, 4 and 24 hours. */
export type ForecastAnswer = Schemas['ForecastAnswer'];
/** How the published forecasts of a pair met what came. */
export type Scorecard = Schemas['Scorecard'];
/** How what was said about books met what came. */
export type BookScorecards = Schemas['BookScorecardList'];
/** A book whose risk is asked for. */
export type PortfolioRequest = Schemas['PortfolioRequest'];
/** What all positions of a book can lose together. */
export type PortfolioAnswer = Schemas['PortfolioAnswer'];
/** How pairs move together. */
export type Correlations = Schemas['CorrelationList'];
/** An entry that a bot wanted, refused or allowed. */
export type Decision = Partial<Schemas['DecisionReport']> & {
  id: string; bot: string; pair: string; at: string; verdict: 'allowed' | 'refused' | 'locked';
};
/** The entries of a span, and what became of them. */
export type Decisions = Schemas['DecisionAnswer'];
/** How many reported entries were new, and how many were known. */
export type DecisionReceipt = Schemas['DecisionReceipt'];
/** `long` or `short`. */
export type Side = 'long' | 'short';
/** What to decide when there is no answer. */
export type OnError = 'allow' | 'block' | 'last';

/** An assessment, or the decision of `onError` where there is none. */
export interface Risk extends Partial<Assessment> {
  /** Whether to enter. */
  readonly safe_to_trade: boolean;
  /** Whether the service gave the answer; false when `onError` decided. */
  readonly answered: boolean;
  /** Why there is no answer; undefined when there is one. */
  readonly error?: string;
}

export interface Options {
  /**
   * The address of the service; http://127.0.0.1:8000 by default. Several as an array or separated
   * by commas: the next one is used when one does not answer.
   */
  url?: string | readonly string[];
  /** The API key, if the service requires one. */
  apiKey?: string;
  /** What to decide when there is no answer; `allow` by default. */
  onError?: OnError;
  /**
   * The timeout of one call in milliseconds, body included; 2000 by default. With several
   * addresses, each one that is left has an equal share of the time that is left.
   */
  timeout?: number;
  /** How long an answer is cached, in milliseconds; 5000 by default, 0 for no cache. */
  cacheFor?: number;
  /** How long the last answer is used with `onError: 'last'`, in milliseconds; 15 minutes by default. */
  lastFor?: number;
  /** How long no requests are sent after a failure, in milliseconds; 10000 by default. */
  breakerPeriod?: number;
  /** Sends requests; the global `fetch` by default. */
  fetch?: typeof fetch;
}

/** Which assessment is requested. */
export interface Query {
  /** `long` by default. */
  side?: Side;
  /** The policy; the service's default if omitted. */
  policy?: string;
  /** The exchange, if the pair is tracked on several. */
  exchange?: string;
  /** The timeframe, if the pair is tracked at several. */
  timeframe?: string;
}

/** The service does not answer, or refuses. */
export class RemoraError extends Error {
  /**
   * @param message What is wrong.
   * @param status The HTTP status; undefined without an answer.
   * @param retryAfter How many seconds the service wants no requests; undefined if it names none.
   */
  constructor(message: string, readonly status?: number, readonly retryAfter?: number) {
    super(message);
    this.name = 'RemoraError';
  }

  /** Whether another service may answer the same request. */
  get movesOn(): boolean {
    return this.status === undefined || this.status < 400 || this.status >= 500;
  }

  /** Whether the request is wrong, and not the service or the connection. */
  get isCallersFault(): boolean {
    return this.status !== undefined && this.status >= 400 && this.status < 500 && this.status !== 429;
  }
}

const MOST_ADDRESSES = 10;
const LARGEST_BATCH = 250;
const LARGEST_MEMORY = 4096;
const LONGEST_PAUSE = 300_000;
const LONGEST_EVENT = 1 << 20;

/** One service, and since when it is not asked. */
interface Service {
  readonly url: string;
  closedUntil: number;
  failure?: RemoraError;
}

/**
 * A client of a service, or of several of which it uses one. `risk`, `isSafe` and `batch` never throw
 * for a reason of the service or the network: they follow `onError`, and nothing but a valid assessment
 * counts as safe.
 */
export class Remora {
  readonly #services: Service[];
  readonly #options: Required<Omit<Options, 'url' | 'apiKey'>>;
  readonly #headers: Record<string, string>;
  readonly #answers = new Map<string, { risk: Risk; at: number }>();
  #current = 0;

  /** @throws TypeError An option is invalid. */
  constructor(options: Options = {}) {
    const { url = 'http://127.0.0.1:8000', apiKey, ...others } = options;
    this.#services = addressesOf(url).map((address) => ({ url: address, closedUntil: 0 }));
    if (apiKey !== undefined && !/^[!-~]+$/.test(apiKey))
      throw new TypeError('apiKey: expected printable ASCII characters without spaces');
    this.#headers = apiKey === undefined ? {} : { Authorization: `Bearer ${apiKey}` };
    this.#options = {
      onError: 'allow', timeout: 2000, cacheFor: 5000, lastFor: 900_000, breakerPeriod: 10_000,
      fetch: (...request) => globalThis.fetch(...request), ...others,
    };
    const { onError, timeout } = this.#options;
    if (!['allow', 'block', 'last'].includes(onError))
      throw new TypeError(`onError is '${onError}': expected allow, block or last`);
    if (!(timeout > 0 && timeout <= 3_600_000)) throw new TypeError(`timeout is ${timeout}: expected 1 to 3600000`);
    for (const name of ['cacheFor', 'lastFor', 'breakerPeriod'] as const)
      if (!(this.#options[name] >= 0 && this.#options[name] <= 86_400_000))
        throw new TypeError(`${name} is ${this.#options[name]}: expected 0 to 86400000`);
  }

  /** The address of the service in use. */
  get url(): string {
    return this.#services[this.#current]!.url;
  }

  /** Returns the assessment of a pair such as `BTC/USDT`. */
  async risk(pair: string, query: Query = {}): Promise<Risk> {
    const key = keyOf(pair, query);
    const known = this.#answers.get(key);
    if (known && Date.now() - known.at < this.#options.cacheFor) return known.risk;
    try {
      const read = (answer: unknown): Assessment => assessmentOf(answer, pair);
      return this.#keep(key, await this.#request('api/v1/risk', { pair, ...query }, undefined, read));
    } catch (error) {
      return this.#fallback(pair, key, asError(error));
    }
  }

  /** Returns whether to enter. */
  async isSafe(pair: string, query: Query = {}): Promise<boolean> {
    return (await this.risk(pair, query)).safe_to_trade;
  }

  /** Returns the assessments of many pairs by their requested names. */
  async batch(pairs: Iterable<string>, query: Pick<Query, 'side' | 'policy'> = {}): Promise<Map<string, Risk>> {
    const wanted = [...new Set(pairs)];
    const found = new Map<string, Risk>();
    let missing = new RemoraError('the service does not track this pair', 404);
    for (let first = 0; first < wanted.length; first += LARGEST_BATCH) {
      const part = wanted.slice(first, first + LARGEST_BATCH);
      try {
        const read = (answer: unknown): Assessment[] => listOf(answer, 'assessments').map((item) => assessmentOf(item));
        const all = await this.#request('api/v1/risk/batch', { pairs: part.join(','), ...query }, undefined, read);
        const answers = new Map(all.map((assessment) => [String(assessment.pair).toUpperCase(), assessment]));
        for (const pair of part) {
          const assessment = answers.get(pair.toUpperCase());
          if (assessment) found.set(pair, this.#keep(keyOf(pair, query), assessment));
        }
      } catch (error) {
        const reason = asError(error);
        if (reason.status === 404) continue; // none of these pairs is tracked
        missing = reason;
        break;
      }
    }
    return new Map(wanted.map((pair) =>
      [pair, found.get(pair) ?? this.#fallback(pair, keyOf(pair, query), missing)]));
  }

  /**
   * Returns the forecast of a pair. `fall` and `rise` are thresholds, ratios in (0, 1).
   * @throws RemoraError The service does not answer, or refuses.
   */
  async forecast(
    pair: string,
    query: { horizon?: '1h' | '4h' | '24h'; fall?: number; rise?: number; exchange?: string; timeframe?: string } = {},
  ): Promise<ForecastAnswer> {
    const answer = await this.#request('api/v1/forecast', { pair, ...query });
    if (!isObject(answer) || !samePair(answer['pair'], pair)) throw unexpected(`it is not a forecast of ${pair}`);
    return answer as unknown as ForecastAnswer;
  }

  /**
   * Returns what all positions of a book can lose together.
   * @throws RemoraError The service does not answer, or refuses: the message names the field.
   */
  async portfolio(book: PortfolioRequest): Promise<PortfolioAnswer> {
    const answer = await this.#request('api/v1/portfolio/risk', {}, book);
    if (!isObject(answer) || !isObject(answer['value_at_risk'])) throw unexpected('it is not the risk of a portfolio');
    return answer as unknown as PortfolioAnswer;
  }

  /**
   * Returns how pairs move together; without pairs, all tracked ones.
   * @throws RemoraError The service does not answer, or refuses.
   */
  async correlations(pairs: Iterable<string> = []): Promise<Correlations> {
    const named = [...pairs].join(',');
    const answer = await this.#request('api/v1/correlations', named ? { pairs: named } : {});
    listOf(answer, 'correlations');
    return answer as Correlations;
  }

  /**
   * Returns how the published forecasts of a pair met what came. `from` and `to` are times, or spans
   * before now such as `-30d`.
   * @throws RemoraError The service does not answer, or it has no store.
   */
  async scorecard(
    pair: string,
    query: { horizon?: '1h' | '4h' | '24h'; from?: string; to?: string; exchange?: string; timeframe?: string } = {},
  ): Promise<Scorecard> {
    const answer = await this.#request('api/v1/scorecard', { pair, ...query });
    if (!isObject(answer) || !samePair(answer['pair'], pair)) throw unexpected(`it is not a record of ${pair}`);
    return answer as unknown as Scorecard;
  }

  /**
   * Reports entries that a bot wanted, at most 100. They are stored when this resolves; one whose
   * `id` is known changes nothing.
   * @throws RemoraError The service does not answer, or refuses: the message names the field.
   */
  async reportDecisions(decisions: Iterable<Decision>): Promise<DecisionReceipt> {
    const answer = await this.#request('api/v1/decisions', {}, { decisions: [...decisions] });
    if (!isObject(answer) || typeof answer['stored'] !== 'number') throw unexpected('it is not a receipt');
    return answer as unknown as DecisionReceipt;
  }

  /**
   * Returns entries that bots wanted and what became of them, the newest first; by default those of
   * the last seven days. `from` and `to` are times, or spans before now such as `-30d`.
   * @throws RemoraError The service does not answer, or it has no store.
   */
  async decisions(query: { from?: string; to?: string; limit?: number } = {}): Promise<Decisions> {
    const answer = await this.#request('api/v1/decisions', query);
    listOf(answer, 'decisions');
    return answer as Decisions;
  }

  /**
   * Returns how what was said about three fixed books and those of followed bots met what came. `from`
   * and `to` are times, or spans before now such as `-30d`.
   * @throws RemoraError The service does not answer, or it has no store.
   */
  async bookScorecards(query: { from?: string; to?: string } = {}): Promise<BookScorecards> {
    const answer = await this.#request('api/v1/scorecard/books', query);
    listOf(answer, 'books');
    return answer as BookScorecards;
  }

  /**
   * Returns each assessment when it changes, beginning with the present ones. It reconnects after
   * outages and ends when the signal is aborted.
   * @throws RemoraError The service refuses the stream, for example for a pair that it does not track.
   */
  async *stream(
    pairs: Iterable<string> = [],
    { signal, ...query }: Pick<Query, 'side' | 'policy'> & { signal?: AbortSignal } = {},
  ): AsyncGenerator<Risk, void, void> {
    let pause = 500;
    let lastId: string | undefined;
    let at = this.#current;
    let failures = 0;
    while (!signal?.aborted) {
      let movesOn = this.#services.length > 1;
      const attempt = new AbortController();
      const stop = (): void => attempt.abort();
      signal?.addEventListener('abort', stop, { once: true });
      try {
        const named = [...pairs].join(',');
        const response = await this.#send(
          this.#services[at]!, 'api/v1/stream', { ...(named && { pair: named }), ...query }, attempt.signal,
          lastId === undefined ? {} : { 'Last-Event-ID': lastId });
        for await (const event of events(response, attempt)) {
          [pause, failures] = [500, 0];
          lastId = event.id ?? lastId;
          if (event.name !== 'assessment') continue;
          const assessment = assessmentOf(parse(event.data));
          yield this.#decide(keyOf(String(assessment.pair), query), assessment);
        }
      } catch (error) {
        if (signal?.aborted) return;
        const reason = asError(error);
        if (reason.isCallersFault) throw reason;
        movesOn &&= reason.movesOn;
      } finally {
        signal?.removeEventListener('abort', stop);
        attempt.abort();
      }
      failures++;
      if (movesOn) {
        at = (at + 1) % this.#services.length;
        lastId = undefined; // ids of events are those of one service
        if (failures % this.#services.length !== 0) continue;
      }
      await sleep(pause, signal);
      pause = Math.min(pause * 2, 30_000);
    }
  }

  #keep(key: string, assessment: Assessment): Risk {
    const risk = this.#decide(key, assessment);
    if (this.#answers.size >= LARGEST_MEMORY) this.#answers.clear();
    // An answer without market data does not replace the last one that has it.
    if (assessment.state !== 'unknown' || !this.#answers.has(key)) this.#answers.set(key, { risk, at: Date.now() });
    return risk;
  }

  /** Follows `onError` where the answer allows entries without current market data. */
  #decide(key: string, assessment: Assessment): Risk {
    const answer: Risk = { ...assessment, answered: true };
    if (!assessment.safe_to_trade || assessment.state !== 'unknown' || this.#options.onError === 'allow') return answer;
    const error = `there is no current market data for ${assessment.pair}`;
    if (this.#options.onError === 'last') return this.#last(key, error) ?? answer;
    return { ...answer, safe_to_trade: false, recommendation: 'no_entry', position_scale: 0, answered: false, error };
  }

  #fallback(pair: string, key: string, reason: RemoraError): Risk {
    const last = this.#options.onError === 'last' ? this.#last(key, reason.message) : undefined;
    return last
      ?? { pair, safe_to_trade: this.#options.onError !== 'block', answered: false, error: reason.message };
  }

  #last(key: string, reason: string): Risk | undefined {
    const known = this.#answers.get(key);
    return known && known.risk.answered && Date.now() - known.at < this.#options.lastFor
      ? { ...known.risk, answered: false, error: `the last answer, because ${reason}` }
      : undefined;
  }

  /**
   * Sends a request to the service in use, then to the next ones until one answers, all within one
   * timeout. A service that failed a moment ago is not asked.
   */
  async #request<T = unknown>(
    path: string, query: object, body?: object, read = (answer: unknown): T => answer as T,
  ): Promise<T> {
    const end = performance.now() + this.#options.timeout;
    const order = [...this.#services.slice(this.#current), ...this.#services.slice(0, this.#current)];
    const failures: { url: string; reason: RemoraError }[] = [];
    for (const [tried, service] of order.entries()) {
      const left = end - performance.now();
      if (tried > 0 && left <= 0) break;
      const shares = 1 + order.slice(tried + 1).filter((other) => other.closedUntil <= Date.now()).length;
      try {
        if (Date.now() < service.closedUntil && service.failure) throw service.failure;
        const signal = AbortSignal.timeout(Math.max(1, Math.ceil(left / shares)));
        const response = await this.#send(service, path, query, signal, {}, body);
        const answer = read(parse(await response.text()));
        service.closedUntil = 0;
        this.#current = this.#services.indexOf(service);
        return answer;
      } catch (error) {
        const reason = asError(error);
        if (reason.isCallersFault) {
          this.#current = this.#services.indexOf(service);
          throw reason;
        }
        if (reason !== service.failure || Date.now() >= service.closedUntil) {
          const wanted = Math.min((reason.retryAfter ?? 0) * 1000, LONGEST_PAUSE);
          service.closedUntil = Date.now() + Math.max(this.#options.breakerPeriod, wanted);
          service.failure = reason;
        }
        failures.push({ url: service.url, reason });
        if (!reason.movesOn) break;
      }
    }
    const { reason } = failures.at(-1)!;
    if (failures.length === 1) throw reason;
    const text = failures.map(({ url, reason: { message } }) => `${url}: ${message}`).join('; ');
    throw new RemoraError(text, reason.status, reason.retryAfter);
  }

  async #send(
    service: Service, path: string, query: object, signal: AbortSignal, headers: Record<string, string>, body?: object,
  ): Promise<Response> {
    const url = new URL(path, service.url);
    for (const [name, value] of Object.entries(query))
      if (value !== undefined) url.searchParams.set(name, String(value));
    const response = await this.#options.fetch(url, {
      headers: { ...this.#headers, ...headers, ...(body && { 'Content-Type': 'application/json' }) },
      signal, redirect: 'error', ...(body && { method: 'POST', body: JSON.stringify(body) }),
    });
    if (response.status === 200) return response;
    const retryAfter = Number(response.headers.get('Retry-After') ?? undefined);
    throw new RemoraError(
      `the service answered ${response.status}${await detailOf(response)}`, response.status,
      Number.isFinite(retryAfter) ? retryAfter : undefined);
  }
}

function addressOf(text: string): string {
  let url: URL;
  try {
    url = new URL(text.endsWith('/') ? text : `${text}/`);
  } catch {
    url = new URL('invalid:');
  }
  if (!['http:', 'https:'].includes(url.protocol) || url.username || url.password || url.search || url.hash)
    throw new TypeError(
      'url: expected an address such as http://127.0.0.1:8000, or several separated by commas (a key goes into '
      + 'apiKey)');
  return url.href;
}

function addressesOf(given: string | readonly string[]): string[] {
  const urls = (typeof given === 'string' ? given.split(',') : given).map((text) => addressOf(text.trim()));
  if (urls.length < 1 || urls.length > MOST_ADDRESSES)
    throw new TypeError(`url: ${urls.length} addresses: expected 1 to ${MOST_ADDRESSES}`);
  const twice = urls.find((url, at) => urls.indexOf(url) !== at);
  if (twice !== undefined) throw new TypeError(`url: ${twice} is listed twice`);
  const [safe, open] = [urls.find(isSafe), urls.find((url) => !isSafe(url))];
  if (safe !== undefined && open !== undefined)
    throw new TypeError(
      `url: ${open} is neither https nor a loopback address, as ${safe} is: expected addresses that are all as safe, `
      + 'because the key and the decisions pass through each of them');
  return urls;
}

function isSafe(text: string): boolean {
  const { protocol, hostname } = new URL(text);
  return protocol === 'https:' || hostname === 'localhost' || hostname === '[::1]'
    || /^127(\.\d+){3}$/.test(hostname);
}

function keyOf(pair: string, { side, policy, exchange, timeframe }: Query): string {
  return JSON.stringify([pair, side ?? 'long', policy, exchange, timeframe]);
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function listOf(value: unknown, name: string): unknown[] {
  const list = isObject(value) ? value[name] : undefined;
  if (!Array.isArray(list)) throw unexpected(`it has no list '${name}'`);
  return list;
}

function samePair(found: unknown, wanted: string): boolean {
  return typeof found === 'string' && found.toUpperCase() === wanted.toUpperCase();
}

function assessmentOf(value: unknown, pair?: string): Assessment {
  if (!isObject(value)) throw unexpected('it is no object');
  if (typeof value['safe_to_trade'] !== 'boolean') throw unexpected('safe_to_trade is missing');
  if (pair !== undefined && !samePair(value['pair'], pair)) throw unexpected(`it is for ${value['pair']}, not ${pair}`);
  const scale = value['position_scale'];
  if (scale !== null && scale !== undefined && !(typeof scale === 'number' && scale >= 0 && scale <= 1))
    throw unexpected(`position_scale is ${scale}, expected 0 to 1`);
  return value as unknown as Assessment;
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw unexpected('it is not JSON');
  }
}

function unexpected(reason: string): RemoraError {
  return new RemoraError(`the answer is not valid: ${reason}`);
}

function asError(error: unknown): RemoraError {
  if (error instanceof RemoraError) return error;
  const { name, message, cause } = error as Error;
  if (name === 'TimeoutError') return new RemoraError('no answer in time');
  const reason = cause instanceof Error && cause.message ? `${message}: ${cause.message}` : message;
  return new RemoraError(`no connection: ${reason}`);
}

async function detailOf(response: Response): Promise<string> {
  try {
    const problem = parse((await response.text()).slice(0, 10_000));
    const detail = isObject(problem) ? problem['detail'] ?? problem['title'] : undefined;
    return typeof detail === 'string' ? `: ${detail}` : '';
  } catch {
    return '';
  }
}

interface ServerEvent {
  name: string;
  id?: string;
  data: string;
}

/** Reads server-sent events. A stream that is silent for 60 seconds has failed. */
async function* events(response: Response, attempt: AbortController): AsyncGenerator<ServerEvent, void, void> {
  if (!response.body) throw unexpected('it has no body');
  const reader = response.body.getReader();
  const decoder = new TextDecoder();
  let text = '';
  while (true) {
    const silence = setTimeout(() => attempt.abort(new RemoraError('the stream is silent')), 60_000);
    const { done, value } = await reader.read().finally(() => clearTimeout(silence));
    if (done) return;
    text += decoder.decode(value, { stream: true }).replaceAll('\r\n', '\n');
    if (text.length > LONGEST_EVENT) throw unexpected('an event is longer than 1 MiB');
    for (let end = text.indexOf('\n\n'); end >= 0; end = text.indexOf('\n\n')) {
      const event: ServerEvent = { name: 'message', data: '' };
      const data: string[] = [];
      for (const line of text.slice(0, end).split('\n')) {
        const [, field, content = ''] = /^([^:]*):? ?(.*)$/s.exec(line) ?? [];
        if (field === 'event') event.name = content;
        else if (field === 'id') event.id = content;
        else if (field === 'data') data.push(content);
      }
      text = text.slice(end + 2);
      event.data = data.join('\n');
      if (event.data) yield event;
    }
  }
}

function sleep(milliseconds: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, milliseconds);
    signal?.addEventListener('abort', () => { clearTimeout(timer); resolve(); }, { once: true });
  });
}
