// What the parent decided, handed over in one environment variable.
const defaults = {
  baseUrl: null, // a stand-in for all exchanges: http://127.0.0.1:9000
  requestDeadline: 15000, // ms for one HTTP exchange, body included
  callDeadline: 60000, // ms for one operation: a few HTTP exchanges and their wait for the rate limiter
  maxResponseBytes: 32 << 20, // of one body, after decompression
  streamKeepAlive: 15000, // ms between pings of a stream; after two without an answer it counts as dead
  streamBeat: 5000, // ms between signs of life of a stream
  collectInterval: 15000, // ms between collections of what is not needed any more
  rateLimit: true,
  allowDebugOperations: false,
};

export const settings = { ...defaults, ...JSON.parse(process.env.REMORA_BRIDGE_SETTINGS ?? '{}') };
