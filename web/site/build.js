// Builds the script that the server serves. Its result is committed: the Rust build needs no Node.

import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const path = (relative) => fileURLToPath(new URL(relative, import.meta.url));

/** Where the server's build finds it. */
export const BUILT = path('../../crates/server/assets/attractor.js');

/** The text of the built script. */
export async function built() {
  const { version } = JSON.parse(readFileSync(path('package.json'), 'utf8'));
  const { outputFiles } = await build({
    absWorkingDir: path('.'),
    entryPoints: ['attractor.js'],
    bundle: true,
    minify: true,
    write: false,
    format: 'iife',
    target: 'es2020',
    charset: 'utf8',
    define: { VERSION: JSON.stringify(version) },
    banner: { js: `/*! attractor.js ${version}, Apache-2.0 */` },
  });
  return outputFiles[0].text;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) writeFileSync(BUILT, await built());
