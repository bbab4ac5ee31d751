// Computes the reference columns of the indicator tests with TA-Lib (talib-web).
// Usage: node reference.mjs FOLDER
// FOLDER/series.json lists [{ name, count }]. FOLDER/NAME.f64 contains high, low, close and log
// returns (the first is NaN), `count` doubles each. Each column is written to
// FOLDER/NAME.COLUMN.f64: `count` doubles, NaN when the reference has no value.
import { readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';

const require = createRequire(import.meta.url);
const folder = process.argv[2];
const talib = await loadTalib();

for (const { name, count } of JSON.parse(readFileSync(join(folder, 'series.json'), 'utf8'))) {
  const all = doubles(readFileSync(join(folder, `${name}.f64`)));
  const [high, low, close] = [0, 1, 2].map((i) => all.subarray(i * count, (i + 1) * count));
  const returns = all.subarray(3 * count + 1);
  const write = (column, first, values) => {
    const whole = new Float64Array(count).fill(NaN);
    whole.set(values, first);
    writeFileSync(join(folder, `${name}.${column}.f64`), whole);
  };
  const ta = (columns, func, inputs, options, shift = 0) => {
    const { first, outputs } = talib(func, inputs, options, columns.length);
    columns.forEach((column, i) => write(column, first + shift, outputs[i]));
  };
  ta(['sma50'], 'SMA', [close], [50]);
  ta(['sma200'], 'SMA', [close], [200]);
  ta(['ema12'], 'EMA', [close], [12]);
  ta(['ema26'], 'EMA', [close], [26]);
  ta(['rsi'], 'RSI', [close], [14]);
  ta(['atr'], 'ATR', [high, low, close], [14]);
  ta(['adx'], 'ADX', [high, low, close], [14]);
  ta(['plus_di'], 'PLUS_DI', [high, low, close], [14]);
  ta(['minus_di'], 'MINUS_DI', [high, low, close], [14]);
  ta(['macd', 'macd_signal', 'macd_histogram'], 'MACD', [close], [12, 26, 9]);
  ta(['upper', 'middle', 'lower'], 'BBANDS', [close], [20, 2, 2, 0]);
  ta(['deviation'], 'STDDEV', [returns], [20, 1], 1); // of the population; the test converts it to that of a sample
}

function doubles(buffer) {
  return new Float64Array(buffer.buffer.slice(buffer.byteOffset, buffer.byteOffset + buffer.length));
}

// The package's own wrapper reads one element past the end, does not return the first index, and
// has memory for at most 300,000 candles. So the compiled functions are called directly, and the
// memory limit in the module's import section (256 pages of 64 KiB) is raised to 4096 pages. The
// formulas stay unchanged.
async function loadTalib() {
  const wasm = readFileSync(join(require.resolve('talib-web'), '..', 'talib.wasm'));
  const limits = wasm.indexOf(Buffer.from('\x03env\x06memory\x02\x01\x80\x02\x80\x02', 'latin1'));
  if (limits < 0) throw new Error('talib.wasm does not import its memory as expected');
  wasm.set([0x80, 0x20, 0x80, 0x20], limits + 13);
  const path = join(folder, 'talib.wasm');
  writeFileSync(path, wasm);
  const { Memory } = WebAssembly;
  WebAssembly.Memory = class extends Memory {
    constructor() {
      super({ initial: 4096, maximum: 4096 });
    }
  };
  globalThis.fetch = undefined; // otherwise the package fetches the file
  const module = await require('talib-web').init(path);
  return (name, inputs, options, outputs) => {
    const count = inputs[0].length;
    const taken = [];
    const take = (bytes) => (taken.push(module._malloc(bytes)), taken.at(-1));
    const given = inputs.map((values) => {
      const at = take(8 * count);
      module.HEAPF64.set(values, at / 8);
      return at;
    });
    const range = take(8);
    const results = Array.from({ length: outputs }, () => take(8 * count));
    const args = [0, count - 1, ...given, ...options, range, range + 4, ...results];
    const code = module.ccall(`TA_${name}`, 'number', args.map(() => 'number'), args);
    if (code !== 0) throw new Error(`TA_${name} answered ${code}`);
    const [first, length] = module.HEAP32.subarray(range / 4, range / 4 + 2);
    const values = results.map((at) => module.HEAPF64.slice(at / 8, at / 8 + length));
    taken.forEach((at) => module._free(at));
    return { first, outputs: values };
  };
}
