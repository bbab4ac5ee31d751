// The words that the page shows for names of the API.

export const plain = name => name.replaceAll('_', ' ');

export const regimes = ['bull', 'sideways', 'bear', 'choppy', 'high_vol', 'panic', 'unknown'];
const regimeWords = { high_vol: 'high volatility', unknown: 'not known' };
export const regimeWord = name => regimeWords[name] ?? plain(name ?? 'not known');

export const parts = [
  { name: 'volatility', word: 'Volatility' },
  { name: 'regime', word: 'Regime' },
  { name: 'trend_strength', word: 'Trend' },
  { name: 'momentum', word: 'Momentum' },
  { name: 'external', word: 'Outside' },
];

export const flagWord = name => plain(name.replace(/^flag_/, ''));

const blocks = { risk_score: 'the risk score', stale_data: 'stale data' };

/** The words for a name in blocked_by. */
export const blockWord = name =>
  blocks[name] ?? (name.startsWith('flag_') ? flagWord(name)
    : name.startsWith('regime_') ? `the regime ${regimeWord(name.slice(7))}`
      : name.startsWith('no_') ? `no fresh ${signalOf(name.slice(3)).word.toLowerCase()}` : plain(name));

/**
 * Whether an answer can be relied on. Answers stored before the API had a state are classified by
 * their age.
 */
export const stateOf = ({ state, as_of, stale }) => state ?? (as_of === null ? 'unknown' : stale ? 'stale' : 'ok');

const stateWords = { warming_up: 'warming up', stale: 'stale data', unknown: 'data too old' };

/** The text for an answer's state in a list; null if there is none. */
export const stateWord = answer => stateWords[stateOf(answer)] ?? null;

export const verdictOf = answer => {
  if (!answer) return 'unknown';
  if (!answer.safe_to_trade) return 'blocked';
  if (stateOf(answer) === 'unknown' || answer.risk_score === null) return 'unknown';
  return answer.recommendation === 'entry_ok' ? 'safe' : 'caution';
};

export const verdictWord = { safe: 'Allowed', caution: 'Caution', blocked: 'Blocked', unknown: 'Unknown' };
const verdictAnswer = {
  safe: 'Yes, entries are allowed',
  caution: 'Yes, with caution',
  blocked: 'No, entries are blocked',
  unknown: 'Not known yet',
};

/** The verdict of an answer in words. */
export const answerOf = answer => {
  const isOutdated = answer.as_of !== null && answer.safe_to_trade && stateOf(answer) === 'unknown';
  return isOutdated ? 'Unknown now' : verdictAnswer[verdictOf(answer)];
};

const signals = {
  fear_greed: { word: 'Fear and greed', unit: 'of 100', digits: 0 },
  funding_rate: { word: 'Funding rate', unit: '% per 8 h', digits: 4, factor: 100 },
  vix: { word: 'VIX', unit: 'points', digits: 2 },
  dollar_index: { word: 'Dollar index', unit: 'points', digits: 2 },
  liquidations: { word: 'Liquidations of the hour', unit: 'USD', digits: 0 },
  open_interest: { word: 'Open interest', unit: 'contracts', digits: 0 },
  news_sentiment: { word: 'News sentiment', unit: 'from −1 to 1', digits: 2 },
  btc_dominance: { word: 'Bitcoin dominance', unit: '%', digits: 2 },
  implied_volatility: { word: 'Implied volatility', unit: '% a year', digits: 1, isRecorded: true },
  total_market_cap: { word: 'Total market cap', unit: 'billion USD', digits: 0, factor: 1e-9, isRecorded: true },
  equity_future: { word: 'S&P 500 future', unit: 'points', digits: 2, isRecorded: true },
};

export const signalOf = name => signals[name] ?? { word: plain(name), unit: '', digits: 4 };

const absences = {
  warming_up: 'it needs a day of candles with volume',
  timeframe_too_long: 'it needs a timeframe of 1h or shorter',
  no_movement: 'the price has not moved since the first candle',
  turned_off: 'forecasts are turned off',
};

/** Why there is no forecast. */
export const absenceWord = name => absences[name] ?? plain(name ?? 'the service does not say why');

export const horizons = [['1h', '1 h'], ['4h', '4 h'], ['24h', '24 h']];

/** The factors of a forecast, in the order of the API. */
export const factors = [
  { name: 'level', word: 'Level', what: 'moves of the last 30 days' },
  { name: 'recent_range', word: 'Recent range', what: 'highs and lows of the last minutes to days' },
  { name: 'jumps', word: 'Jumps', what: 'how much of the movement came at once' },
  { name: 'trend', word: 'Trend', what: 'strength of the trends of an hour to three days' },
  { name: 'time_of_week', word: 'Time of week', what: 'the hour of the day and the day of the week' },
  { name: 'own_error', word: 'Own error', what: 'how far the last day of forecasts was off' },
  { name: 'calendar', word: 'Calendar', what: 'US economic events and holidays within the horizon' },
];
