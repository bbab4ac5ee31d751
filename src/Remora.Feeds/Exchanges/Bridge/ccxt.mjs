// The only module that imports CCXT. An exchange's classes are loaded when it is used first.
import { loaders } from 'ccxt/exchanges';

export { Exchange } from 'ccxt/base/Exchange.js';
export {
  ArgumentsRequired, AuthenticationError, BadRequest, BadResponse, BadSymbol, BaseError, DDoSProtection, ExchangeError,
  ExchangeNotAvailable, InvalidNonce, NetworkError, NotSupported, OnMaintenance, OperationFailed, PermissionDenied,
  RateLimitExceeded, RequestTimeout, RestrictedLocation,
} from 'ccxt/base/errors.js';
export { version } from 'ccxt/exchanges';

export const exchanges = Object.keys(loaders);

export async function create(id, options) {
  const { default: Type } = await loaders[id]();
  return new Type(options);
}
