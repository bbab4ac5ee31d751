// Build step: `node bundle.mjs FOLDER` bundles the page's modules into page.js and page.css and
// copies the other files to the same folder.
import { copyFile, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const source = fileURLToPath(new URL('.', import.meta.url));
const target = process.argv[2];
await mkdir(target, { recursive: true });
await build({
  entryPoints: [join(source, 'page.js')],
  outdir: target,
  bundle: true,
  minify: true,
  format: 'esm',
  target: ['es2022', 'chrome123', 'firefox120', 'safari17.5'], // the first versions with light-dark()
  legalComments: 'inline',
  logLevel: 'error',
});
const others = ['index.html', 'theme.js', 'sw.js', 'manifest.webmanifest', 'icon.svg',
  ...[180, 192, 512].map(size => `icon-${size}.png`)];
for (const file of others) await copyFile(join(source, file), join(target, file));
