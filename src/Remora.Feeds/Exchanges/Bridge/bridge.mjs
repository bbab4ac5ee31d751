// The child process that connects to the exchanges. Reads one JSON request per line from standard
// input and writes one JSON response per line to standard output:
// {id, op, ...} -> {id, ok} or {id, error}.
// A stream sends any number of {id, event} before that, until {op: 'stop', stream: id} or until it
// fails.
// The process ends when standard input closes, so it never outlives its parent.
import readline from 'node:readline';
import { settings } from './settings.mjs';
import { operations, streams } from './operations.mjs';
import { debugOperations } from './debug-operations.mjs';
import { BadRequest, RequestTimeout, version } from './ccxt.mjs';
import { toWire } from './errors.mjs';

// Standard output carries responses only. Anything that a library prints goes to standard error.
const answer = process.stdout.write.bind(process.stdout);
console.log = console.info = console.debug = console.error;

const known = { ...operations, ...(settings.allowDebugOperations ? debugOperations : {}) };

function send(message) {
  answer(JSON.stringify(message) + '\n');
}

async function withinDeadline(promise) {
  let timer;
  const deadline = new Promise((_, reject) => {
    const expire = () => reject(new RequestTimeout(`no response within ${settings.callDeadline} ms`));
    timer = setTimeout(expire, settings.callDeadline);
  });
  try {
    return await Promise.race([promise, deadline]);
  } finally {
    clearTimeout(timer);
  }
}

const running = new Map();

async function run(stream, request) {
  const stop = new AbortController();
  running.set(request.id, stop);
  try {
    await stream(request, (event) => stop.signal.aborted || send({ id: request.id, event }), stop.signal);
  } finally {
    running.delete(request.id);
  }
}

async function handle(line) {
  let id = null;
  try {
    const request = JSON.parse(line);
    id = request.id ?? null;
    if (request.op === 'stop') {
      running.get(request.stream)?.abort();
      return send({ id, ok: null });
    }
    if (Object.hasOwn(streams, request.op)) {
      await run(streams[request.op], request);
      return send({ id, ok: null });
    }
    const operation = Object.hasOwn(known, request.op) ? known[request.op] : undefined;
    if (!operation) throw new BadRequest(`unknown operation '${request.op}'`);
    send({ id, ok: (await withinDeadline(operation(request))) ?? null });
  } catch (error) {
    send({ id, error: toWire(error) });
  }
}

// V8 rarely collects below tens of megabytes, and bodies lie outside its heap. Without this timer
// the process would keep the most memory that it ever needed.
setInterval(globalThis.gc, settings.collectInterval);

// Ctrl+C reaches the whole process group; the parent decides when to stop.
process.on('SIGINT', () => {});

readline.createInterface({ input: process.stdin, crlfDelay: Infinity })
  .on('line', handle)
  .on('close', () => process.exit(0));

send({ ready: true, ccxt: version, node: process.version });
