// A PostgreSQL of its own in a temporary folder, on a Unix socket alone.

import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chownSync, existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';

const INSTALLED = '/usr/lib/postgresql';
const OWNER = 'postgres';

/** Why it cannot run here, as node:test's `skip` wants it; false where it can, and where nothing may be left out. */
export const missing = existsSync(INSTALLED) || process.env.ATTRACTOR_INSIST ? false : `there is no ${INSTALLED}`;

/** Starts it; `close` ends it and removes its folder. */
export async function start() {
  const newest = readdirSync(INSTALLED).sort((a, b) => Number(a) - Number(b)).at(-1);
  const folder = mkdtempSync(join(tmpdir(), 'attractor-client-pg'));
  // The server refuses root.
  const number = (of) => Number(execFileSync('id', [of, OWNER], { encoding: 'utf8' }));
  const who = process.getuid() === 0 ? { uid: number('-u'), gid: number('-g') } : {};
  if (who.uid) chownSync(folder, who.uid, who.gid);
  const how = { stdio: 'ignore', cwd: folder, ...who };
  const program = (name) => join(INSTALLED, newest, 'bin', name);
  const data = join(folder, 'data');
  execFileSync(program('initdb'), ['-D', data, '-A', 'trust', '-E', 'UTF8', '--locale=C', '-U', OWNER, '--no-sync'], how);
  const child = spawn(program('postgres'), ['-D', data, '-k', folder, '-c', 'listen_addresses=', '-F'], how);
  const isReady = () => {
    try {
      execFileSync(program('pg_isready'), ['-q', '-h', folder]);
      return true;
    } catch {
      return false;
    }
  };
  for (let tries = 0; !isReady(); tries += 1) {
    if (tries === 600 || child.exitCode !== null) throw new Error('PostgreSQL did not start');
    await setTimeout(50);
  }
  return {
    url: `postgresql:///postgres?host=${folder}&user=${OWNER}&port=5432`,
    async close() {
      const ended = once(child, 'exit');
      child.kill('SIGINT');
      await ended;
      rmSync(folder, { recursive: true });
    },
  };
}
