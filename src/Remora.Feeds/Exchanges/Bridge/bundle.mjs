// Build step: `node bundle.mjs OUT` makes one file of the bridge and everything it imports.
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

// Two exchanges' private and streaming parts want protobufjs, which CCXT leaves optional: without it they are as if it were not installed.
const withoutProtobuf = {
  name: 'without-protobuf',
  setup(bundler) {
    bundler.onResolve({ filter: /^protobufjs(\/|$)/ }, ({ path }) => ({ path, namespace: 'absent' }));
    bundler.onLoad({ filter: /.*/, namespace: 'absent' }, () => ({ contents: 'module.exports = { roots: {}, util: {} };' }));
  },
};

await build({
  entryPoints: [fileURLToPath(new URL('bridge.mjs', import.meta.url))],
  outfile: process.argv[2],
  bundle: true,
  minify: true,
  platform: 'node',
  format: 'esm',
  target: 'node20',
  plugins: [withoutProtobuf],
  banner: { js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);" },
  logLevel: 'error',
});
