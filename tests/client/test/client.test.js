// A client that is made of docs/openapi.json, against the real program on both databases.

import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { test } from 'node:test';
import { missing, serve } from '../../served/server.js';
import * as postgresql from './postgresql.js';

const here = (path) => fileURLToPath(new URL(path, import.meta.url));

const MESSAGES = [
  { type: 'identify', userId: '414', messageId: 'a', traits: { email: 'ada@example.com', first_name: 'Ada' } },
  { type: 'page', userId: '414', messageId: 'b', properties: { path: '/pricing' } },
  { type: 'track', userId: '414', messageId: 'c', event: 'Demo Requested' },
];

async function send(server) {
  const key = server.key('shop', '--server');
  const authorization = `Basic ${Buffer.from(`${key}:`).toString('base64')}`;
  const body = JSON.stringify({ batch: MESSAGES });
  const answer = await fetch(`${server.host}/v1/batch`, { method: 'POST', headers: { authorization, 'content-type': 'application/json' }, body });
  assert.equal(answer.status, 200, await answer.text());
}

async function reads(server) {
  const { read } = await import('../target/build/src/read.js');
  const lead = await read(server.host, server.key('reader', '--api', 'viewer'), 'user:414');
  assert.equal(lead.name, '414');
  lead.values.forEach((value, place) => assert.ok(Math.abs(value - lead.points[place]) < 1e-6, 'the points add up'));
  assert.ok(lead.why.includes('c'), JSON.stringify(lead.why));
  assert.ok(lead.stages.includes('Temperature: Hot'), JSON.stringify(lead.stages));
  assert.ok(lead.whyNot.length > 0 && lead.whyNot.every((clause) => clause.segment && clause.wanted && typeof clause.form === 'object'));
  assert.ok(lead.future.length > 0 && lead.future.every((one) => one.at > new Date() && one.what), JSON.stringify(lead.future));
  assert.ok(lead.segments.length > 0 && lead.segments.every((segment) => segment.id && segment.name));
  assert.deepEqual(lead.problems, ['/all/1/not/segment']);
  assert.equal(lead.count.leads, 1, lead.count.sentence);
  assert.deepEqual(lead.kinds.sort(), ['Demo Requested', 'Page Viewed']);
  assert.equal(lead.problem, 404);
}

async function publishes(server) {
  const { publish } = await import('../target/build/src/draft.js');
  const done = await publish(server.host, server.key('editor', '--api', 'marketer'), 'executives');
  assert.equal(done.name, 'Executives');
  assert.equal(done.stale, 412);
  assert.equal(done.sentences.length, 1, JSON.stringify(done.sentences));
  assert.match(done.sentences[0], /^The condition for entering the segment Executives is now: .*demo.* It was: /);
  assert.ok(done.flows.some((flow) => flow.segment === 'Executives' && flow.entered.includes('414')), JSON.stringify(done.flows));
  assert.equal(done.version, 3);
  assert.deepEqual(done.members, ['414']);
  assert.deepEqual(done.between, done.sentences);
}

async function works(database) {
  const server = await serve({ database });
  try {
    server.ask('apply', here('../../../playbooks/sample'), '--yes');
    await send(server);
    await reads(server);
    await publishes(server);
  } finally {
    await server.close();
  }
}

const skip = missing || (existsSync(here('../target/build/src/read.js')) ? false : 'run `npm run build` first');

test('a typed client reads a store, edits the draft and publishes it on SQLite', { skip }, () => works());

test('a typed client reads a store, edits the draft and publishes it on PostgreSQL', { skip: skip || postgresql.missing }, async () => {
  const cluster = await postgresql.start();
  try {
    await works(cluster.url);
  } finally {
    await cluster.close();
  }
});
