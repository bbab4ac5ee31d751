// Maps CCXT's hundred error classes, and those of the transport, to the dozen kinds that callers
// handle.
import {
  ArgumentsRequired, AuthenticationError, BadRequest, BadResponse, BadSymbol, DDoSProtection, ExchangeError,
  ExchangeNotAvailable, InvalidNonce, NetworkError, NotSupported, OnMaintenance, OperationFailed, PermissionDenied,
  RateLimitExceeded, RequestTimeout, RestrictedLocation,
} from './ccxt.mjs';

// The first class that fits decides, so subclasses come before their parents.
const kinds = [
  [RateLimitExceeded, 'rate_limited'],
  [DDoSProtection, 'rate_limited'],
  [RequestTimeout, 'timeout'],
  [OnMaintenance, 'maintenance'],
  [ExchangeNotAvailable, 'unavailable'],
  [InvalidNonce, 'network'],
  [NetworkError, 'network'],
  [BadResponse, 'bad_response'],
  [OperationFailed, 'network'],
  [BadSymbol, 'bad_symbol'],
  [NotSupported, 'not_supported'],
  [RestrictedLocation, 'restricted'],
  [PermissionDenied, 'auth'],
  [AuthenticationError, 'auth'],
  [ArgumentsRequired, 'bad_request'],
  [BadRequest, 'bad_request'],
];

const retryableKinds = new Set(['rate_limited', 'timeout', 'maintenance', 'unavailable', 'network', 'bad_response']);

function kindOf(error) {
  const status = error?.httpStatus;
  // All exchanges agree on the meaning of these statuses, but CCXT throws various classes for them.
  if (status === 429 || status === 418) return 'rate_limited';
  if (status === 451) return 'restricted';
  if (status >= 500) return error instanceof OnMaintenance ? 'maintenance' : 'unavailable';
  for (const [type, kind] of kinds) if (error instanceof type) return kind;
  // An exchange's own error that CCXT has no class for: an invalid request with a 4xx, unavailable
  // otherwise (Coinbase's 500, Bybit's 10016).
  if (error instanceof ExchangeError) return status >= 400 && status < 500 ? 'bad_request' : 'unavailable';
  return 'internal';
}

function secondsOf(retryAfter) {
  if (retryAfter === undefined || retryAfter === null) return null;
  const seconds = /^\s*\d+(\.\d+)?\s*$/.test(retryAfter)
    ? Number(retryAfter)
    : (Date.parse(retryAfter) - Date.now()) / 1000;
  return Number.isFinite(seconds) && seconds >= 0 ? seconds : null;
}

export function toWire(error) {
  const kind = kindOf(error);
  return {
    kind,
    retryable: retryableKinds.has(kind),
    http_status: error?.httpStatus ?? null,
    retry_after: secondsOf(error?.retryAfter),
    message: String(error?.message ?? error).replace(/\s+/g, ' ').slice(0, 300),
  };
}
