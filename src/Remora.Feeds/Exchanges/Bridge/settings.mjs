// The parent's settings, passed in one environment variable.
const defaults = {
  baseUrl: null, // a local server that replaces all exchanges: http://127.0.0.1:9000
  requestDeadline: 15000, // ms for one HTTP request, body included
  // ms for one operation: a few HTTP requests and their wait for the rate limiter.
  callDeadline: 60000,
  maxResponseBytes: 32 << 20, // of one body, after decompression
  // ms between pings of a stream; after two without a response the stream is dead.
  streamKeepAlive: 15000,
  streamBeat: 5000, // ms between heartbeats of a stream
  collectInterval: 15000, // ms between garbage collections
  rateLimit: true,
  allowDebugOperations: false,
};

export const settings = { ...defaults, ...JSON.parse(process.env.REMORA_BRIDGE_SETTINGS ?? '{}') };
