import assert from 'node:assert/strict';
import { request } from 'node:http';
import { test } from 'node:test';
import { openRecorder } from '../recorder.js';

function post(recorder, url, message) {
  const { host } = new URL(url);
  return new Promise((resolve) => {
    const sent = request({ port: recorder.port, method: 'POST', headers: { host } }, (answer) => answer.resume().on('end', resolve));
    sent.end(JSON.stringify({ batch: [message] }));
  });
}

test('what a page of the round before still had under way is not taken for the next one', async () => {
  const recorder = await openRecorder();
  const before = recorder.host;
  await post(recorder, before, { type: 'page' });
  assert.equal(recorder.messages().length, 1);
  recorder.forget();
  await post(recorder, before, { type: 'page' });
  assert.deepEqual(recorder.messages(), []);
  await post(recorder, recorder.host, { type: 'page' });
  assert.equal(recorder.messages().length, 1);
  recorder.close();
});
