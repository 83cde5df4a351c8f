// A web site and a browser to visit it with.

import { existsSync } from 'node:fs';
import { createServer } from 'node:http';
import { chromium } from 'playwright-core';
import { listen, openRecorder } from './recorder.js';

const CHROMIUM = process.env.CHROMIUM || '/usr/bin/chromium';
const QUIET = ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking'];
const OPTIONS = {
  executablePath: CHROMIUM,
  args: [...QUIET, '--disable-component-update', '--disable-sync', '--host-resolver-rules=MAP *.shop.test 127.0.0.1'],
  ignoreDefaultArgs: ['--disable-back-forward-cache'],
};

/** Why the browser tests cannot run here, as node:test's `skip` wants it; false where they can. */
export const missing = existsSync(CHROMIUM) ? false : `there is no ${CHROMIUM}`;

/** Everything that is not said is forbidden, inline scripts first: what the script must live with. */
const policyOf = (host) => `default-src 'none'; script-src ${host} 'nonce-page'; connect-src ${host}; form-action *; frame-src *`;

function pageOf(host, attributes, { title = 'Home', head = '', body = '' }) {
  const tag = `<script async src="${host}/v1/attractor.js" data-key="pk_site" ${attributes}></script>`;
  return `<!doctype html><html lang="en"><head><meta charset="utf-8"><title>${title}</title>${head}${tag}</head><body>${body}</body></html>`;
}

/** A script that the page's policy allows. */
export const script = (text) => `<script nonce="page">${text}</script>`;

/**
 * Opens a site with these pages, {path: {title, head, body, attributes}}, a recorder behind it and a browser before it.
 * `attributes` are those of the tag.
 */
export async function openSite(pages, { attributes = '' } = {}) {
  const recorder = await openRecorder();
  // A page may be anything but a file; a file is sent as one, so that the browser does not go there.
  const server = createServer((request, response) => {
    const path = request.url.split('?')[0];
    if (/\.\w+$/.test(path)) {
      return response.writeHead(200, { 'content-disposition': 'attachment', 'content-type': 'application/pdf' }).end('%PDF');
    }
    const page = pages[path] ?? {};
    const text = pageOf(recorder.host, page.attributes ?? attributes, page);
    const headers = { 'content-type': 'text/html', 'content-security-policy': policyOf(recorder.host) };
    return response.writeHead(200, headers).end(text);
  });
  const port = await listen(server);
  const browser = await chromium.launch(OPTIONS);
  const thrown = [];

  async function visitor(options) {
    const context = await browser.newContext(options);
    context.on('weberror', (error) => thrown.push(error.error()));
    return context;
  }

  return {
    recorder,
    thrown,
    visitor,
    url: (path = '/', host = '127.0.0.1') => `http://${host}:${port}${path}`,
    async close() {
      await browser.close();
      server.closeAllConnections();
      server.close();
      recorder.close();
    },
  };
}

/** What the script keeps in the browser, by name. */
export async function keptIn(page) {
  const stored = await page.evaluate(() => ({ ...localStorage }));
  const cookies = await page.context().cookies();
  return { ...stored, ...Object.fromEntries(cookies.map((cookie) => [cookie.name, cookie.value])) };
}
