// The one place that imports CCXT. Error classes are re-exported by name: `instanceof` works, whatever minifying does to names.
import ccxt from 'ccxt';

export const {
  ArgumentsRequired, AuthenticationError, BadRequest, BadResponse, BadSymbol, BaseError, DDoSProtection, Exchange, ExchangeError, ExchangeNotAvailable,
  InvalidNonce, NetworkError, NotSupported, OnMaintenance, OperationFailed, PermissionDenied, RateLimitExceeded, RequestTimeout, RestrictedLocation,
  exchanges, version,
} = ccxt;

export function create(id, options) {
  return new (ccxt.pro[id] ?? ccxt[id])(options);
}
