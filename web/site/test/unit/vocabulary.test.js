// docs/events.md lists the properties of each kind. What the script sends must be listed there, and in its own guide.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { formProperties, linkEvent } from '../../clicks.js';
import { fieldsOf } from '../../message.js';
import { openPage } from '../../page.js';

const doc = (name) => readFileSync(new URL(`../../../../docs/${name}`, import.meta.url), 'utf8');
const SITE = { host: 'www.shop.test', domain: '', server: 'https://hello.shop.test' };

/** The names of properties by kind, as docs/events.md lists them. */
function listed() {
  const sections = doc('events.md').split(/^### /m).slice(1);
  const rows = (section) => [...section.matchAll(/^\| `([^`]+)` \|/gm)].map(([, name]) => name);
  return new Map(sections.map((section) => [section.split('\n')[0].trim(), rows(section)]));
}

function pageProperties() {
  globalThis.location = new URL('https://www.shop.test/a?b=1#c');
  globalThis.document = { referrer: '', title: 'A' };
  const named = fieldsOf('page', ['Docs', 'Prices']).fields.properties;
  return { ...openPage(false).describe(), ...named };
}

/** One of each kind that the script sends by itself, and of the calls whose properties it fills: [kind, properties]. */
const sent = () => [
  ['Page Viewed', pageProperties()],
  linkEvent({ href: 'https://www.shop.test/guide.pdf', asset: null }, SITE),
  linkEvent({ href: 'https://else.org/', asset: null }, SITE),
  ['Form Submitted', formProperties({ id: 'a', name: 'b', action: '/c' }, 'https://www.shop.test/', SITE.server)],
];

test('every kind that the script names is one of those compared here', () => {
  const source = ['attractor.js', 'clicks.js', 'visitor.js', 'message.js']
    .map((name) => readFileSync(new URL(`../../${name}`, import.meta.url), 'utf8'))
    .join('');
  const named = [...source.matchAll(/'([A-Z][a-z]+(?: [A-Z][a-z]+)+)'/g)].map(([, kind]) => kind);
  assert.deepEqual([...new Set(['Page Viewed', ...named])].sort(), sent().map(([kind]) => kind).sort());
});

test('the list of events names every property that the script sends', () => {
  const kinds = listed();
  assert.ok(kinds.size > 20, `docs/events.md lists ${kinds.size} kinds`);
  for (const [kind, properties] of sent()) {
    for (const name of Object.keys(properties)) {
      assert.ok(kinds.get(kind)?.includes(name), `docs/events.md does not list \`${name}\` of ${kind}`);
    }
  }
});

test("the script's own guide names the same properties", () => {
  const rows = doc('tracking.md').split('\n').filter((line) => line.startsWith('| '));
  for (const [kind, properties] of sent()) {
    const row = rows.find((line) => line.includes(`\`${kind}\``));
    for (const name of Object.keys(properties)) assert.ok(row?.includes(`\`${name}\``), `${kind}: ${name} in ${row}`);
  }
});
