// Sends requests to the service. An API key, if the service requires one, stays in this tab, or on
// this device if its owner wants that.

const keyName = 'remora-key';
export const keyOf = () => sessionStorage.getItem(keyName) ?? localStorage.getItem(keyName);

export function setKey(key, isKept) {
  sessionStorage.setItem(keyName, key);
  if (isKept) localStorage.setItem(keyName, key);
  else localStorage.removeItem(keyName);
}

/** Takes the key of a QR code, #key=rmr_…, from the address, and removes it there. */
export function takeKey() {
  const [, key] = /^#key=(rmr_[\w-]{43})$/.exec(location.hash) ?? [];
  if (!key) return;
  setKey(key, true);
  history.replaceState(null, '', location.pathname);
}

// Answers of an earlier visit are wanted until the service has answered.
let mayBeKept = true;
export const wantOnlyFresh = () => { mayBeKept = false; };

// When the oldest of the last answers was received, if the service did not send it now.
let keptSince = null;
export const takeKeptSince = () => {
  const since = keptSince;
  keptSince = null;
  return since;
};

/** Why there is no answer. The status is 0 if there was no response. */
export class NoAnswer extends Error {
  constructor(status, message, retryAfter = null) {
    super(message);
    this.status = status;
    this.retryAfter = retryAfter;
  }
}

export const headers = () => keyOf() ? { Authorization: `Bearer ${keyOf()}` } : {};

export const urlOf = (path, query = {}) => {
  const given = Object.entries(query).filter(([, value]) => value !== null && value !== undefined && value !== '');
  const escaped = value =>
    encodeURIComponent(value).replaceAll('%2F', '/').replaceAll('%2C', ',').replaceAll('%3A', ':');
  const text = given.map(([name, value]) => `${name}=${escaped(value)}`).join('&');
  return `api/v1/${path}${text && '?' + text}`;
};

/** Returns the answer as JSON. The browser revalidates it; an unchanged answer costs a 304. */
export const get = (path, query, signal) => send(urlOf(path, query), {
  headers: { ...headers(), ...(mayBeKept && { 'X-Remora-Kept': 'allowed' }) }, cache: 'no-cache',
}, signal);

/** Returns the answer to a body that is sent as JSON. */
export const post = (path, body, signal, { query, patience } = {}) => send(urlOf(path, query), {
  method: 'POST', headers: { ...headers(), 'Content-Type': 'application/json' }, body: JSON.stringify(body),
}, signal, patience);

async function send(url, options, signal, patience = 10_000) {
  let response;
  try {
    const limit = AbortSignal.timeout(patience);
    const either = signal ? AbortSignal.any([signal, limit]) : limit;
    response = await fetch(url, { ...options, signal: either });
  } catch (error) {
    throw new NoAnswer(0, signal?.aborted ? 'no longer wanted' : `the service does not answer (${error.message})`);
  }
  const isJson = response.headers.get('content-type')?.includes('json');
  const body = isJson ? await response.json().catch(() => null) : null;
  const kept = Date.parse(response.headers.get('x-remora-kept'));
  if (kept) keptSince = Math.min(kept, keptSince ?? kept);
  if (response.ok && body !== null) return body;
  const wait = Number(response.headers.get('retry-after'));
  throw new NoAnswer(response.status, body?.detail ?? `HTTP ${response.status}`, wait > 0 ? wait : null);
}
