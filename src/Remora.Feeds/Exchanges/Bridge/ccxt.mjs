// The only module that imports CCXT. Re-exports error classes by name, so that `instanceof` works
// after minification.
import ccxt from 'ccxt';

export const {
  ArgumentsRequired, AuthenticationError, BadRequest, BadResponse, BadSymbol, BaseError, DDoSProtection, Exchange,
  ExchangeError, ExchangeNotAvailable, InvalidNonce, NetworkError, NotSupported, OnMaintenance, OperationFailed,
  PermissionDenied, RateLimitExceeded, RequestTimeout, RestrictedLocation,
  exchanges, version,
} = ccxt;

export function create(id, options) {
  return new (ccxt.pro[id] ?? ccxt[id])(options);
}
