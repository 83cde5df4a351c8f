// The site script. It tells the server which pages a visitor sees, which links and files they take and which forms they
// send, and offers Segment's calls to the site.

import { reportVisit, takeToken } from './arrival.js';
import { watchClicks } from './clicks.js';
import { openDevice } from './device.js';
import { guarded, warn } from './guard.js';
import { fieldsOf } from './message.js';
import { openPage } from './page.js';
import { openQueue } from './queue.js';
import { readTag } from './tag.js';
import { openVisitor } from './visitor.js';

/** What the site may call. A call that says something becomes a message; the last function given is called after it. */
function callsOf(visitor, page) {
  function saying(method) {
    return guarded((...args) => {
      const callback = args.find((value) => typeof value === 'function');
      const said = fieldsOf(method, args.filter((value) => typeof value !== 'function'));
      if (!said) warn(`${method} needs a name`);
      if (said && method === 'page') said.fields.properties = { ...page.describe(), ...said.fields.properties };
      if (said) visitor.record(method, said.fields, said.options);
      if (callback) setTimeout(guarded(callback));
    });
  }
  const calls = Object.fromEntries(['page', 'track', 'identify', 'group'].map((method) => [method, saying(method)]));
  return {
    ...calls,
    reset: guarded(visitor.reset),
    consent: guarded(visitor.consent),
    ready: (callback) => setTimeout(guarded(callback)),
  };
}

/** Puts the calls in the place of the page's queues, and answers with what waited there. */
function takeOver(names, calls) {
  const perform = guarded((call) => {
    const [method, ...args] = call;
    if (calls[method]) calls[method](...args);
    else warn(`no ${method}`);
  });
  const api = { ...calls, version: VERSION, push: (...waiting) => waiting.forEach(perform) };
  const waiting = names.flatMap((name) => (Array.isArray(window[name]) ? window[name] : []));
  names.forEach((name) => (window[name] = api));
  return { waiting, perform };
}

/** Says each page by itself. A single-page app writes the title after the address, so that is waited for. */
function watchPages(visitor, page) {
  page.watch((described, at, whenTitled) => {
    const told = (title) => {
      const seen = { ...described, title };
      visitor.record('page', { properties: seen }, { timestamp: at, context: { page: seen } });
    };
    if (whenTitled) whenTitled(guarded(told));
    else told(described.title);
  });
}

function watchVisitor(tag, visitor, page, queue) {
  const track = (event, properties) => visitor.record('track', { event, properties });
  const identify = (traits) => visitor.record('identify', { traits });
  const site = { host: location.host, domain: tag.domain, server: new URL(tag.url).origin };
  watchClicks(site, track, identify);
  addEventListener('online', guarded(queue.wake));
  addEventListener('pagehide', guarded(() => {
    page.settle();
    queue.leave();
  }));
}

function start(tag) {
  if (window.attractor?.version) return; // the tag is on this page twice
  const token = takeToken();
  const device = openDevice(tag.domain);
  const queue = openQueue(device, tag.url, tag.key, warn);
  const page = openPage(tag.countsHash);
  const visitor = openVisitor(tag, device, queue, page.describe);
  const calls = callsOf(visitor, page);
  const { waiting, perform } = takeOver(['attractor', ...tag.aliases], calls);
  // A site that says its first page itself, as Segment's snippet does, is not counted twice.
  if (!tag.isManual && !waiting.some(([method]) => method === 'page')) calls.page();
  if (!tag.isManual) watchPages(visitor, page);
  watchVisitor(tag, visitor, page, queue);
  if (token) reportVisit(token, tag.url, visitor);
  waiting.forEach(perform);
  queue.wake();
}

guarded(() => {
  const tag = readTag(document.currentScript || document.querySelector('script[data-key][src*="attractor.js"]'));
  if (!tag) return warn('its tag needs data-key');
  const begin = guarded(() => start(tag));
  // A page that the browser prepares and nobody sees yet is no page view.
  if (document.prerendering) return document.addEventListener('prerenderingchange', begin, { once: true });
  return begin();
})();
