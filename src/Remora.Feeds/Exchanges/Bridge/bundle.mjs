// Build step: `node bundle.mjs OUT` bundles the bridge and everything it imports into one file.
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

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
