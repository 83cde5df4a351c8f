import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fieldsOf, instant, uuid } from '../../message.js';

/** What a call says, as it goes over the wire. */
const said = (method, ...args) => JSON.parse(JSON.stringify(fieldsOf(method, args) ?? null));

test('calls may leave out what Segment lets them leave out', () => {
  const options = { context: { a: 1 } };
  const cases = [
    [['track', 'Bought'], { event: 'Bought', properties: {} }],
    [['track', 'Bought', { n: 1 }], { event: 'Bought', properties: { n: 1 } }],
    [['identify', 'u-1'], { userId: 'u-1', traits: {} }],
    [['identify', 7, { a: 1 }], { userId: '7', traits: { a: 1 } }],
    [['identify', { email: 'a@b.c' }], { traits: { email: 'a@b.c' } }],
    [['identify', null, { a: 1 }], { traits: { a: 1 } }],
    [['identify', undefined, { a: 1 }], { traits: { a: 1 } }],
    [['identify', '', { a: 1 }], { traits: { a: 1 } }],
    [['identify'], { traits: {} }],
    [['group', 'g-1', { name: 'Acme' }], { groupId: 'g-1', traits: { name: 'Acme' } }],
    [['group', { name: 'Acme' }], { traits: { name: 'Acme' } }],
    [['page'], { properties: {} }],
    [['page', 'Prices'], { name: 'Prices', properties: { name: 'Prices' } }],
    [['page', 'Docs', 'API'], { name: 'API', category: 'Docs', properties: { name: 'API', category: 'Docs' } }],
    [['page', null, 'API', { a: 1 }], { name: 'API', properties: { name: 'API', a: 1 } }],
    [['page', { path: '/x' }], { properties: { path: '/x' } }],
  ];
  for (const [call, fields] of cases) assert.deepEqual(said(...call).fields, fields, JSON.stringify(call));
  for (const call of [['track', 'a', {}, options], ['track', 'a', undefined, options], ['page', {}, options]]) {
    assert.deepEqual(said(...call).options, options, JSON.stringify(call));
  }
});

test('a track without a name says nothing', () => {
  for (const args of [[], [''], [null], [{ a: 1 }]]) assert.equal(said('track', ...args), null);
});

test('what is no object is no property', () => {
  assert.deepEqual(said('track', 'a', [1, 2]).fields, { event: 'a', properties: {} });
  assert.deepEqual(said('track', 'a', true, 'b').fields, { event: 'a', properties: {} });
});

test('ids are version 4 UUIDs and differ', () => {
  const ids = Array.from({ length: 1000 }, uuid);
  for (const id of ids) assert.match(id, /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  assert.equal(new Set(ids).size, ids.length);
});

test('an instant may be given in any form that JavaScript reads', () => {
  const at = '2026-01-02T03:04:05.006Z';
  for (const given of [at, new Date(at), Date.parse(at)]) assert.equal(instant(given), at);
  for (const given of [undefined, 'yesterday']) assert.match(instant(given), /^20\d\d-.*Z$/);
});
