// Redirects every URL of an exchange to a local server, with the original host as the first path
// segment: https://api.binance.com/api/v3 -> http://127.0.0.1:9000/api.binance.com/api/v3

export function redirectUrls(exchange, base) {
  const origin = base.replace(/\/+$/, '');
  const rewrite = (value) => {
    if (typeof value === 'string') {
      return value.replace(/^(https?|wss?):\/\/([^/]*)/, (_, scheme, host) => {
        const local = scheme.startsWith('ws') ? origin.replace(/^http/, 'ws') : origin;
        return `${local}/${host.replace('{hostname}', exchange.hostname ?? '')}`;
      });
    }
    if (Array.isArray(value)) return value.map(rewrite);
    if (value && typeof value === 'object') {
      return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, rewrite(inner)]));
    }
    return value;
  };
  exchange.urls.api = rewrite(exchange.urls.api);
}
