// Builds the script that the server serves. Its result is committed: the Rust build needs no Node.

import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const path = (relative) => fileURLToPath(new URL(relative, import.meta.url));

/** Names that nothing outside the script sees. */
const OWN =
  /^(aliases|asksConsent|clear|countsHash|describe|entries|erase|fields|heedsSignals|isManual|isReplaced|leave|note|options|perform|record|remove|server|settle|texts|waiting|wake|watch|whenAllowed)$/;

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
    mangleProps: OWN,
    write: false,
    format: 'iife',
    target: 'es2020',
    charset: 'utf8',
    define: { VERSION: JSON.stringify(version) },
    banner: { js: '/*! attractor.js, Apache-2.0 */' },
  });
  return outputFiles[0].text;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) writeFileSync(BUILT, await built());
