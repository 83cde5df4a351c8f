import assert from 'node:assert/strict';
import { test } from 'node:test';
import { withoutToken } from '../../arrival.js';

test('the token goes out of an address and the rest stays as it is', () => {
  const cases = [
    ['https://a.b/c?_a=T', 'https://a.b/c', 'T'],
    ['https://a.b/c?_a=T#d', 'https://a.b/c#d', 'T'],
    ['https://a.b/c?x=1&_a=T', 'https://a.b/c?x=1', 'T'],
    ['https://a.b/c?_a=T&x=%20+y', 'https://a.b/c?x=%20+y', 'T'],
    ['https://a.b/c?x=1&_a=T&y=2#_a=no', 'https://a.b/c?x=1&y=2#_a=no', 'T'],
    ['https://a.b/c?_a=', 'https://a.b/c', undefined],
    ['https://a.b/c?x_a=1', 'https://a.b/c?x_a=1', undefined],
    ['https://a.b/c', 'https://a.b/c', undefined],
  ];
  for (const [address, url, token] of cases) assert.deepEqual(withoutToken(address), { url, token }, address);
});
