import assert from 'node:assert/strict';
import { test } from 'node:test';
import { backOff, envelope, firstBatch, pauseOf } from '../../queue.js';

const entries = (count, size) => Array.from({ length: count }, (_, n) => [`${n}`, JSON.stringify({ n, text: 'é'.repeat(size) })]);
const NOW = Date.parse('2026-01-01T00:00:00Z');

test('a batch has at most 100 messages and 400 kB', () => {
  assert.equal(firstBatch(entries(99, 1)).length, 99);
  assert.equal(firstBatch(entries(250, 1)).length, 100);
  const large = firstBatch(entries(100, 5_000));
  const size = (batch) => Buffer.byteLength(envelope(batch.map(([, text]) => text), 'k'.repeat(40), NOW));
  assert.ok(size(large) <= 400_000, `${size(large)}`);
  assert.ok(size(entries(large.length + 1, 5_000)) > 399_000, 'not smaller than it must be');
  assert.equal(firstBatch(entries(1, 250_000)).length, 0);
  assert.deepEqual(firstBatch([]), []);
});

test('the envelope says the key, and when each message was sent', () => {
  const body = JSON.parse(envelope(['{"a":1}', '{"b":"}"}'], 'k"y', NOW));
  const sentAt = '2026-01-01T00:00:00.000Z';
  assert.deepEqual(body, { batch: [{ a: 1, sentAt }, { b: '}', sentAt }], sentAt, writeKey: 'k"y' });
});

test('each try waits longer, up to five minutes', () => {
  assert.equal(backOff(0, 1), 1_000);
  assert.equal(backOff(3, 1), 8_000);
  assert.equal(backOff(3, 0), 4_000);
  assert.equal(backOff(60, 1), 300_000);
});

test('a pause is given in seconds or as a date, and is an hour at most', () => {
  assert.equal(pauseOf('7', NOW), 7_000);
  assert.equal(pauseOf('Thu, 01 Jan 2026 00:01:00 GMT', NOW), 60_000);
  assert.equal(pauseOf('999999', NOW), 3_600_000);
  for (const none of [null, '', 'soon', '-5', '0', 'Wed, 31 Dec 2025 00:00:00 GMT']) assert.equal(pauseOf(none, NOW), 0, none);
});
