// Builds the client: node build.mjs [FOLDER]. Generates the types of answers from docs/openapi.json
// and compiles the client into FOLDER (default: dist).
import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { join } from 'node:path';

const here = fileURLToPath(new URL('.', import.meta.url));
const root = join(here, '..', '..');
const run = (program, ...options) =>
  execFileSync(process.execPath, [join(root, 'node_modules', ...program.split('/')), ...options], {
    stdio: ['ignore', 'ignore', 'inherit'], // npm's programs print banners
  });
try {
  run('openapi-typescript/bin/cli.js', join(root, 'docs', 'openapi.json'), '--output', join(here, 'src', 'schema.ts'));
  execFileSync(
    process.execPath,
    [join(root, 'node_modules/typescript/bin/tsc'), '-p', here, '--outDir', process.argv[2] ?? join(here, 'dist')],
    { stdio: ['ignore', 2, 'inherit'] },
  );
} catch {
  process.exit(1); // the program has printed why
}
