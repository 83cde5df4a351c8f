// Chromium, as Debian has it.

import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { missing } from './server.js';

const CHROMIUM = process.env.CHROMIUM || '/usr/bin/chromium';
const QUIET = ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking'];
const OPTIONS = {
  executablePath: CHROMIUM,
  args: [...QUIET, '--disable-component-update', '--disable-sync', '--host-resolver-rules=MAP *.shop.test 127.0.0.1'],
  // Pages that people come back to are kept alive, as in their own browsers.
  ignoreDefaultArgs: ['--disable-back-forward-cache'],
};

/** Why these tests cannot run here, as node:test's `skip` wants it; false where they can. */
export const browserless = missing || (existsSync(CHROMIUM) ? false : `there is no ${CHROMIUM}`);

/** A browser that finds this machine under every name below shop.test. */
export const launch = () => {
  const site = fileURLToPath(new URL('../../web/site/package.json', import.meta.url));
  return createRequire(site)('playwright-core').chromium.launch(OPTIONS);
};
