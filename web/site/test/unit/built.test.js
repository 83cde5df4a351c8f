import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { BUILT, built } from '../../build.js';

const MOST_BYTES = 5_000;

test('the committed script is what the source builds to', async () => {
  const message = 'run `npm run build` in web/site and commit crates/server/assets/attractor.js';
  assert.equal(readFileSync(BUILT, 'utf8'), await built(), message);
});

test('the script stays small', () => {
  const size = gzipSync(readFileSync(BUILT)).length;
  assert.ok(size < MOST_BYTES, `${size} bytes gzipped, at most ${MOST_BYTES} are right`);
});

test('the script holds nothing that a strict policy forbids', () => {
  assert.doesNotMatch(readFileSync(BUILT, 'utf8'), /\beval\b|new Function|innerHTML|document\.write|createElement/);
});
