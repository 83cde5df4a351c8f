// Official SDKs, unchanged, and the site script in Chromium, against the real program.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { fileURLToPath } from 'node:url';
import { test } from 'node:test';
import { browserless, launch } from './browser.js';
import { missing, serve } from './server.js';

const here = (path) => fileURLToPath(new URL(path, import.meta.url));

test('what three SDKs send is stored, all of it once', { skip: missing }, async () => {
  const server = await serve();
  try {
    const key = server.key('sdks', '--server');
    const said = execFileSync(here('../sdks/run'), [server.host, key], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] });
    const sdks = said.trim().split('\n').map((line) => JSON.parse(line));
    assert.deepEqual(sdks.map((sdk) => sdk.sdk).length, 3, said);
    const stored = server.events().map((event) => event.messageId);
    assert.equal(new Set(stored).size, stored.length, 'each id once');
    for (const { sdk, sent } of sdks) {
      const lost = sent.filter((message) => !stored.includes(message.messageId));
      assert.deepEqual(lost, [], `${sdk}: ${sent.length} sent`);
      assert.ok(sent.length > 100, sdk);
    }
  } finally {
    await server.close();
  }
});

test('the first owner sets a password with the link that the server says', { skip: browserless }, async () => {
  const server = await serve();
  const browser = await launch();
  try {
    const tab = await browser.newPage();
    await tab.goto(server.setup);
    await tab.fill('#email', 'ada@example.org');
    await tab.fill('#password', 'correct horse battery');
    await tab.click('button');
    await tab.getByText('Done: ada@example.org may sign in').waitFor();
    await tab.goto(server.setup);
    await tab.fill('#email', 'eve@example.org');
    await tab.fill('#password', 'another horse battery');
    await tab.click('button');
    await tab.locator('.bad').waitFor();
  } finally {
    await browser.close();
    await server.close();
  }
});

test('visits that the site script tells are stored, as one visitor', { skip: browserless }, async () => {
  const server = await serve();
  const key = server.key('site', '--public');
  const page = (title) => `<!doctype html><title>${title}</title><script async src="${server.host}/v1/attractor.js" data-key="${key}"></script><a href="/pricing">Prices</a>`;
  const site = createServer((request, response) => response.setHeader('content-type', 'text/html').end(page(request.url)));
  site.listen(0, '127.0.0.1');
  await once(site, 'listening');
  const browser = await launch();
  try {
    const tab = await browser.newPage();
    const stored = () => tab.waitForResponse((response) => response.url().endsWith('/v1/batch') && response.ok());
    let answered = stored();
    await tab.goto(`http://127.0.0.1:${site.address().port}/?utm_source=linkedin&utm_medium=social`);
    await answered;
    answered = stored();
    await tab.click('a');
    await answered;
    const events = server.events();
    const views = events.filter((event) => event.type === 'page');
    assert.deepEqual(views.map((view) => view.properties.path), ['/', '/pricing']);
    assert.equal(new Set(views.map((view) => view.anonymousId)).size, 1);
    const source = events.find((event) => event.type === 'identify');
    assert.equal(source?.traits.first_source, 'linkedin', JSON.stringify(source));
  } finally {
    await browser.close();
    site.closeAllConnections();
    site.close();
    await server.close();
  }
});
