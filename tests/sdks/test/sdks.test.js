// The SDKs against a server that only records: that they send what they say, and say what goes wrong.

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { createServer } from 'node:http';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { gunzipSync } from 'node:zlib';

const RUN = fileURLToPath(new URL('../run', import.meta.url));
const SDKS = ['segment-node', 'rudder-node', 'segment-python'];
const EACH = 130;

async function bytesOf(request) {
  const chunks = [];
  for await (const chunk of request) chunks.push(chunk);
  return Buffer.concat(chunks);
}

/** Runs all SDKs against a server that answers with this status. */
async function run(status) {
  const requests = [];
  const server = createServer(async (request, response) => {
    const bytes = await bytesOf(request);
    const isZipped = bytes[0] === 0x1f && bytes[1] === 0x8b;
    const body = JSON.parse(isZipped ? gunzipSync(bytes) : bytes);
    requests.push({ url: request.url, key: Buffer.from(request.headers.authorization.split(' ')[1], 'base64').toString(), body });
    response.writeHead(status, { 'content-type': 'application/json' }).end('{}');
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  const host = `http://127.0.0.1:${server.address().port}`;
  const ended = await new Promise((resolve) => {
    execFile(RUN, [host, 'wk_test'], (error, stdout, stderr) => resolve({ code: error?.code ?? 0, stdout, stderr }));
  });
  server.closeAllConnections();
  server.close();
  const printed = ended.stdout.trim().split('\n').map((line) => JSON.parse(line));
  return { ...ended, printed, requests, messages: requests.flatMap((request) => request.body.batch) };
}

test('each SDK sends what it prints', async () => {
  const { code, stderr, printed, requests, messages } = await run(200);
  assert.equal(code, 0, stderr);
  assert.deepEqual(printed.map(({ sdk }) => sdk), SDKS);
  for (const { sdk, sent } of printed) {
    assert.equal(new Set(sent.map(({ messageId }) => messageId)).size, EACH, sdk);
    const came = new Map(messages.map((message) => [message.messageId, message]));
    for (const { type, messageId } of sent) assert.equal(came.get(messageId)?.type, type, `${sdk} ${messageId}`);
  }
  assert.equal(messages.length, SDKS.length * EACH);
  for (const { url, key, body } of requests) {
    assert.deepEqual([url, key], ['/v1/batch', 'wk_test:']);
    assert.ok(body.batch.length <= 100);
  }
});

test('text and nesting arrive as they were given', async () => {
  const { messages } = await run(200);
  for (const sdk of SDKS) {
    const of = (type) => messages.find((message) => message.type === type && message.userId === `${sdk}-ada`);
    assert.equal(of('identify').traits.name, 'Ada Lovelace, Gräfin – 艾达 🧮');
    assert.equal(of('identify').traits.address.geo.lat, 47.37);
    assert.equal(of('alias').previousId, `${sdk}-other-visitor`);
    assert.equal(of('group').groupId, `${sdk}-acme`);
    const dated = messages.find((message) => message.event === 'Webinar Attended' && message.userId === `${sdk}-ada`);
    assert.equal(Date.parse(dated.timestamp), Date.parse('2026-01-02T03:04:05.678Z'), sdk);
  }
});

test('a server that refuses is an error of every SDK', async () => {
  const { code, stderr, printed } = await run(401);
  assert.equal(code, 1);
  assert.equal(printed.length, SDKS.length);
  for (const sdk of SDKS) assert.match(stderr, new RegExp(`^${sdk}: `, 'm'));
});
