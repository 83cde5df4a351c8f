// The real program, on a folder of its own and a free port.

import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';

const PROGRAM = process.env.ATTRACTOR && resolve(process.env.ATTRACTOR);

/** Why these tests cannot run here, as node:test's `skip` wants it; false where they can. */
export const missing = PROGRAM ? false : 'ATTRACTOR names no program';

/**
 * Starts it, new, on SQLite or on the PostgreSQL `database`, with `settings` as variables; `close` ends it and removes its
 * folder.
 */
export async function serve({ database, settings = {} } = {}) {
  const folder = mkdtempSync(join(tmpdir(), 'attractor-served-'));
  const data = ['--data', join(folder, 'data'), ...(database ? ['--database', database] : [])];
  const ask = (...words) => execFileSync(PROGRAM, [...words, ...data], { encoding: 'utf8', maxBuffer: 1 << 28 });
  const options = { stdio: ['ignore', 'ignore', 'pipe'], env: { ...process.env, ...settings } };
  const child = spawn(PROGRAM, ['serve', '--listen', '127.0.0.1:0', ...data], options);
  let host, setup;
  for await (const line of createInterface({ input: child.stderr })) {
    host ??= /^attractor: (http:\/\/\S+)/.exec(line)?.[1];
    setup = / password at (.+)$/.exec(line)?.[1];
    if (setup) break;
  }
  child.stderr.resume();
  return {
    host,
    /** Runs a command of the program on the same data; what it prints. */
    ask,
    /** The link with which the first owner sets a password. */
    setup,
    key: (name, ...kind) => ask('key', 'add', name, ...kind).trim(),
    /** All stored messages, in the order received. */
    events: () => ask('export', 'events').split('\n').filter(Boolean).map((line) => JSON.parse(line)),
    async close() {
      const ended = once(child, 'exit');
      child.kill('SIGTERM');
      await ended;
      rmSync(folder, { recursive: true });
    },
  };
}
