// Build step: `node bundle.mjs OUT` bundles the bridge into OUT. Each exchange's classes are files
// of their own in the folder ccxt beside it, which are loaded when the exchange is used: reading
// all of CCXT takes longer than everything else at the start.
import fs from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import ccxt from 'ccxt';
import { build } from 'esbuild';

const undici = createRequire(import.meta.resolve('ccxt'))('undici');
const library = path.join(path.dirname(fileURLToPath(import.meta.resolve('ccxt'))), 'src');
const output = path.resolve(process.argv[2]);
const parts = 'ccxt';

/** The file of an exchange: its streaming class, which derives from the other, if there is one. */
function fileOf(id) {
  const found = ['pro', '.'].map((folder) => path.join(library, folder, `${id}.js`)).find(fs.existsSync);
  if (!found) throw new Error(`CCXT has no file for its exchange '${id}'`);
  return found;
}

// The modules of CCXT that the bridge imports, which its package does not export: ccxt/base/...,
// and ccxt/exchanges with a function for each exchange.
const ccxtModules = {
  name: 'ccxt-modules',
  setup(bundler) {
    bundler.onResolve({ filter: /^ccxt\/base\// }, (module) => (
      { path: path.join(library, module.path.slice('ccxt/'.length)), sideEffects: false }
    ));
    bundler.onResolve({ filter: /^ccxt\/exchanges$/ }, (module) => ({ path: module.path, namespace: 'exchanges' }));
    bundler.onLoad({ filter: /.*/, namespace: 'exchanges' }, () => {
      const loaders = ccxt.exchanges.map((id) => `${JSON.stringify(id)}: () => import(${JSON.stringify(fileOf(id))}),`);
      const version = `export const version = ${JSON.stringify(ccxt.version)};`;
      return { contents: `${version}\nexport const loaders = {\n${loaders.join('\n')}\n};`, resolveDir: library };
    });
  },
};

// CCXT imports undici when it is needed. Of a CommonJS module that is a file of its own, esbuild
// exports nothing but the default; CCXT uses the names.
const namesOfUndici = {
  name: 'names-of-undici',
  setup(bundler) {
    bundler.onResolve({ filter: /^undici$/ }, (module) => (
      module.kind === 'dynamic-import' ? { path: module.path, namespace: 'names', pluginData: module.resolveDir } : null
    ));
    bundler.onLoad({ filter: /.*/, namespace: 'names' }, (module) => ({
      contents: `import whole from 'undici';\nexport const { ${Object.keys(undici).join(', ')} } = whole;`,
      resolveDir: module.pluginData,
    }));
  },
};

// The private and streaming parts of two exchanges use protobufjs, which is optional in CCXT. The
// bundle behaves as if it were not installed.
const withoutProtobuf = {
  name: 'without-protobuf',
  setup(bundler) {
    bundler.onResolve({ filter: /^protobufjs(\/|$)/ }, ({ path }) => ({ path, namespace: 'absent' }));
    bundler.onLoad({ filter: /.*/, namespace: 'absent' },
      () => ({ contents: 'module.exports = { roots: {}, util: {} };' }));
  },
};

fs.rmSync(path.join(path.dirname(output), parts), { recursive: true, force: true });
await build({
  entryPoints: [{ in: fileURLToPath(new URL('bridge.mjs', import.meta.url)), out: path.parse(output).name }],
  outdir: path.dirname(output),
  outExtension: { '.js': '.mjs' },
  chunkNames: `${parts}/[name]-[hash]`,
  bundle: true,
  splitting: true,
  minify: true,
  platform: 'node',
  format: 'esm',
  target: 'node20',
  plugins: [ccxtModules, namesOfUndici, withoutProtobuf],
  banner: { js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);" },
  logLevel: 'error',
});
