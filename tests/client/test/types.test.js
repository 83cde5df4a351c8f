// The types that are made of docs/openapi.json leave nothing open.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';

/** What may be anything: JSON of which only its sender knows what is in it (traits, properties, messages), headers, and bodies that are not JSON. */
const OPEN = ['AnyJson: unknown', '[name: string]: unknown', '"application/vnd.attractor.backup": unknown', '"text/event-stream": unknown'];

const types = readFileSync(new URL('../target/api.ts', import.meta.url), 'utf8');

/** The lines with `unknown` or `any` as a type; comments may have the words. */
const open = (text) => {
  const code = text.replace(/\/\*[^]*?\*\//g, '').replace(/\/\/.*$/gm, '').replace(/"(?:[^"\\\n]|\\.)*"(?=[^:?])/g, '""');
  return code.split('\n').map((line) => line.trim()).filter((line) => /\b(unknown|any)\b(?!\??:)/.test(line));
};

test('no answer, request or field may be anything', () => {
  assert.ok(types.includes('WholeLead: '), 'the types are there');
  const found = [...new Set(open(types).map((line) => line.replace(/;$/, '')))];
  assert.deepEqual(found.filter((line) => !OPEN.includes(line)), []);
});

test('an open type is found', () => {
  assert.deepEqual(open('/** any */\na: string; // any\nb: unknown;\nc: { [key: string]: any };\nd: "any" | "unknown";'), ['b: unknown;', 'c: { [key: string]: any };']);
});
