// The current data of the page. Views read it and listen to its changes; only connection.js writes
// to it.

const keyOfMarket = ({ exchange, pair, timeframe }) => `${exchange} ${pair} ${timeframe}`;

class Knowledge extends EventTarget {
  markets = [];              // as returned by /pairs, each with its key
  assessments = new Map();   // by key
  whole = null;
  status = null;
  policies = null;
  viewpoint = { side: null, policy: null };
  connection = { state: 'connecting', since: Date.now(), detail: '', kept: null };
  verdictSince = new Map();  // by key: {verdict, since, seen}; seen: whether the page observed the change
  storedSince = new Map();   // by key: {isBlocked, since, isLonger}, from the store

  setMarkets(pairs) {
    this.markets = pairs.map(market => ({ ...market, key: keyOfMarket(market) }));
    this.#tell('markets');
  }

  setAssessment(assessment, verdict) {
    const key = keyOfMarket(assessment);
    const before = this.verdictSince.get(key);
    this.assessments.set(key, assessment);
    if (before?.verdict !== verdict) {
      const seen = before !== undefined && before.verdict !== 'unknown';
      this.verdictSince.set(key, { verdict, since: assessment.assessed_at, seen });
    }
    this.#tell('assessment', { key, assessment, verdict, before: before?.verdict });
  }

  setStoredSince(key, since) {
    this.storedSince.set(key, since);
    this.#tell('since');
  }

  setWhole(whole) {
    this.whole = whole;
    this.#tell('whole');
  }

  setStatus(status) {
    const before = this.status?.store?.ready;
    this.status = status;
    this.#tell('status');
    if (before !== undefined && before !== status.store?.ready) this.#tell('store');
  }

  setPolicies(policies) {
    this.policies = policies;
    this.#tell('policies');
  }

  setViewpoint(viewpoint) {
    this.viewpoint = viewpoint;
    this.assessments.clear();
    this.verdictSince.clear();
    this.storedSince.clear();
    this.whole = null;
    this.#tell('viewpoint');
  }

  /** `kept` is when the shown values were received, if they are those of an earlier visit. */
  setConnection(state, detail = '', kept = null) {
    if (this.connection.state !== state) this.connection = { state, since: kept ?? Date.now(), detail, kept };
    else Object.assign(this.connection, { detail, kept: kept ?? this.connection.kept });
    this.#tell('connection');
  }

  /** Whether the data is no longer kept current. */
  get isLost() {
    return this.connection.state === 'lost' || this.connection.state === 'refused';
  }

  /** The current policy in full. */
  get policy() {
    const name = this.viewpoint.policy ?? this.policies?.default;
    return this.policies?.policies.find(policy => policy.name === name) ?? null;
  }

  /** Listens until the signal aborts. */
  on(names, listen, signal) {
    for (const name of names.split(' ')) this.addEventListener(name, event => listen(event.detail), { signal });
  }

  #tell(name, detail) {
    this.dispatchEvent(new CustomEvent(name, { detail }));
  }
}

export const known = new Knowledge();
