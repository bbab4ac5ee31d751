// Guards around CCXT's HTTP: one deadline that includes the body, a maximum size, and no success
// without JSON.
import { pipeline } from 'node:stream/promises';
import { PassThrough, Writable } from 'node:stream';
import zlib from 'node:zlib';
import { settings } from './settings.mjs';
import { BadResponse, BaseError, ExchangeNotAvailable, NetworkError, RequestTimeout } from './ccxt.mjs';

const decompressors = {
  gzip: zlib.createGunzip, 'x-gzip': zlib.createGunzip, br: zlib.createBrotliDecompress, deflate: zlib.createInflate,
};

class BodyTooLarge extends Error {}

/**
 * Returns the whole body, decompressed. An error of any part is an error of the whole. The size is
 * counted after decompression, which stops compression bombs.
 */
async function readBody(body, encoding, status) {
  const chunks = [];
  let size = 0;
  const collect = new Writable({
    write(chunk, _, done) {
      size += chunk.length;
      if (size > settings.maxResponseBytes) {
        return done(new BodyTooLarge(`body larger than ${settings.maxResponseBytes} bytes`));
      }
      chunks.push(chunk);
      done();
    },
  });
  const bodiless = status === 204 || status === 304;
  const decompressor = (!bodiless && decompressors[encoding]?.()) || new PassThrough();
  await pipeline(body, decompressor, collect);
  return Buffer.concat(chunks);
}

function bodyError(error, where) {
  if (error instanceof BaseError) return error;
  if (error instanceof BodyTooLarge) return new BadResponse(`${where}: ${error.message}`);
  const timedOut = ['TimeoutError', 'AbortError'].includes(error?.name)
    || error?.code === 'UND_ERR_BODY_TIMEOUT';
  if (timedOut) return new RequestTimeout(`${where}: not complete within ${settings.requestDeadline} ms`);
  if (typeof error?.code === 'string') return new NetworkError(`${where}: the body is incomplete (${error.code})`);
  return new BadResponse(`${where}: ${error?.name}: ${error?.message}`);
}

function isContent(value) {
  return value !== null && typeof value === 'object' && (Array.isArray(value) || Object.keys(value).length > 0);
}

export function guardTransport(exchange) {
  const handleErrors = exchange.handleErrors.bind(exchange);
  exchange.handleErrors = (status, reason, url, method, headers, body, value, ...rest) => {
    if (status < 400 && !isContent(value)) {
      const where = `${exchange.id} ${method} ${url}`;
      throw new BadResponse(`${where}: HTTP ${status} with a body that is not a JSON object or array`);
    }
    return handleErrors(status, reason, url, method, headers, body, value, ...rest);
  };

  exchange.undiciBody = async (response, binary) => {
    const body = await readBody(response.body, response.headers['content-encoding'], response.statusCode);
    return binary ? body : body.toString('utf8');
  };

  const request = exchange.undiciRequest.bind(exchange);
  exchange.undiciRequest = (url, params) => {
    const signal = AbortSignal.any([params.signal, AbortSignal.timeout(settings.requestDeadline)]);
    return request(url, { ...params, signal });
  };

  const handle = exchange.handleRestResponse.bind(exchange);
  exchange.handleRestResponse = async (response, url, method, ...rest) => {
    const where = `${exchange.id} ${method} ${url}`;
    try {
      const value = await handle(response, url, method, ...rest);
      if (response.status >= 400) throw new ExchangeNotAvailable(`${where}: HTTP ${response.status}`);
      return value;
    } catch (error) {
      const { status, headers } = response;
      throw Object.assign(bodyError(error, where), { httpStatus: status, retryAfter: headers?.['retry-after'] });
    }
  };

  const fetch = exchange.fetch.bind(exchange);
  exchange.fetch = async (url, method, ...rest) => {
    try {
      return await fetch(url, method, ...rest);
    } catch (error) {
      if (error instanceof BaseError) throw error;
      throw new NetworkError(`${exchange.id} ${method} ${url}: ${error?.code ?? error?.name} ${error?.message}`);
    }
  };
}
