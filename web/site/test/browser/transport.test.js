import assert from 'node:assert/strict';
import { after, afterEach, before, test } from 'node:test';
import { keptIn, missing, openSite, script } from '../site.js';

const BLOCKED = `
  Object.defineProperty(window, 'localStorage', { get() { throw new DOMException('blocked', 'SecurityError'); } });`;
const NO_COOKIES = `Object.defineProperty(Document.prototype, 'cookie', { get: () => '', set() {} });`;
const FULL = `Storage.prototype.setItem = () => { throw new DOMException('full', 'QuotaExceededError'); };`;

let site;
let context;

const told = () => site.recorder.messages({ all: true });
const ids = (messages) => messages.map((message) => message.messageId);
const track = (page, event, properties) => page.evaluate((given) => attractor.track(...given), [event, properties]);
const isLoaded = (page) => page.waitForFunction(() => window.attractor?.version);

async function visit(path = '/', host = undefined) {
  const page = await context.newPage();
  await page.goto(site.url(path, host));
  await isLoaded(page);
  return page;
}

/** The page when everything that it had to say was answered. */
async function quiet(page) {
  await page.waitForFunction(() => !Object.keys(localStorage).some((key) => key.startsWith('attractor_q_')));
  return page;
}

test('transport', { skip: missing }, async (t) => {
  before(async () => {
    const links = '<a id="next" href="/next">next</a> <a id="out" href="http://else.shop.test:1/">out</a>';
    const busy = script('next.addEventListener("click", () => attractor.track("Clicked", { n: 1 }))');
    site = await openSite({
      '/': { body: links + busy },
      '/next': {},
      '/shared': { attributes: 'data-domain="shop.test"', body: '<a id="sub" href="#">x</a>' },
    });
  });
  after(() => site.close());
  t.beforeEach(async () => (context = await site.visitor()));
  afterEach(async () => {
    site.recorder.release();
    await context.close();
    site.recorder.answer();
    site.recorder.forget();
    assert.deepEqual(site.thrown.splice(0), []);
  });

  await t.test('what happens right before the page goes is not lost, and has one id', async () => {
    const page = await visit();
    await page.click('#next');
    await site.recorder.message('page', 2);
    await site.recorder.message('Clicked');
    await quiet(page);
    const clicked = told().filter((message) => message.event === 'Clicked');
    assert.equal(new Set(ids(clicked)).size, 1);
  });

  await t.test('it is not lost either where the browser cannot hand it over', async () => {
    await context.addInitScript('Navigator.prototype.sendBeacon = () => false');
    const page = await visit();
    await page.click('#next');
    await site.recorder.message('Clicked');
  });

  await t.test('a server that never answers the page that goes hears it from the next one', async () => {
    site.recorder.hold();
    const page = await visit();
    await site.recorder.until(() => told().length, 'the page view');
    site.recorder.answer({ status: 'gone' });
    await page.goto(site.url('/next'));
    site.recorder.release();
    await quiet(page);
    const paths = new Set(site.recorder.messages().map((message) => message.properties.path));
    assert.deepEqual(paths, new Set(['/', '/next']));
  });

  await t.test('without a network it waits, and goes out when there is one', async () => {
    const page = await quiet(await visit());
    await context.setOffline(true);
    await track(page, 'Offline', { n: 1 });
    await track(page, 'Offline', { n: 2 });
    await page.waitForFunction(() => Object.keys(localStorage).filter((key) => key.startsWith('attractor_q_')).length === 2);
    assert.equal(told().length, 1);
    await context.setOffline(false);
    await site.recorder.message('Offline', 2);
    await quiet(page);
    const offline = told().filter((message) => message.event === 'Offline');
    assert.deepEqual(offline.map((message) => message.properties.n), [1, 2]);
    for (const message of offline) assert.ok(message.timestamp < message.sentAt);
  });

  await t.test('it tries again with the same ids while the server cannot', async () => {
    site.recorder.answer({ status: 503 }, { status: 'gone' }, { status: 500 });
    const page = await visit();
    await site.recorder.message('page');
    await quiet(page);
    const all = told();
    assert.equal(all.length, 4);
    assert.equal(new Set(ids(all)).size, 1);
  });

  await t.test('a server that asks for a pause gets it, from the next page too', async () => {
    site.recorder.answer({ status: 429, headers: { 'retry-after': '3' } });
    const page = await visit();
    await site.recorder.until(() => told().length, 'the first try');
    await page.waitForFunction(() => localStorage.attractor_wait);
    await page.goto(site.url('/next'));
    await site.recorder.message('page', 2);
    const [first, second] = site.recorder.requests;
    assert.ok(second.at - first.at >= 2_900, `${second.at - first.at} ms`);
    assert.equal(second.body.batch.length, 2);
  });

  await t.test('what a server refuses for good is dropped, and the developer is told', async () => {
    site.recorder.answer({ status: 401 });
    const page = await context.newPage();
    const heard = page.waitForEvent('console', (line) => line.text().startsWith('attractor:'));
    await page.goto(site.url('/'));
    assert.match((await heard).text(), /answers 401; lost: 1/);
    await quiet(page);
    await track(page, 'After');
    await site.recorder.message('After');
    assert.equal(told().length, 2);
  });

  await t.test('many messages go in batches, in order', async () => {
    const page = await visit();
    await page.evaluate(() => Array.from({ length: 250 }, (_, n) => attractor.track('Many', { n })));
    await site.recorder.message('Many', 250);
    const sizes = site.recorder.requests.map((request) => request.body.batch.length);
    assert.ok(Math.max(...sizes) <= 100 && sizes.length <= 5, `${sizes}`);
    const many = told().filter((message) => message.event === 'Many');
    assert.deepEqual(many.map((message) => message.properties.n), Array.from({ length: 250 }, (_, n) => n));
  });

  await t.test('large messages go in batches too; one that can never go stops no other', async () => {
    const page = await visit();
    await page.evaluate(() => {
      attractor.track('Huge', { text: 'x'.repeat(500_000) });
      for (let n = 0; n < 5; n += 1) attractor.track('Large', { text: 'ü'.repeat(70_000) });
    });
    await site.recorder.message('Large', 5);
    for (const request of site.recorder.requests) assert.ok(Number(request.headers['content-length']) <= 400_000);
    assert.ok(!told().some((message) => message.event === 'Huge'));
  });

  await t.test('what cannot be said at all is said to the developer, not to the page', async () => {
    const page = await visit();
    await page.evaluate(() => {
      const loop = {};
      loop.loop = loop;
      attractor.track('Loop', loop);
      attractor.track();
      attractor.push(['nonsense'], null, 5);
      attractor.ready(() => { throw new Error('the page’s own'); });
      attractor.track('Fine', {}, {}, () => attractor.track('Called back'));
    });
    await site.recorder.message('Called back');
    await site.recorder.message('Fine');
  });

  await t.test('two tabs are one visitor, and tell nothing twice', async () => {
    const [one, two] = [await quiet(await visit('/')), await quiet(await visit('/next'))];
    const say = (page, event) => page.evaluate((name) => Array.from({ length: 30 }, (_, n) => attractor.track(name, { n })), event);
    await Promise.all([say(one, 'One'), say(two, 'Two')]);
    await Promise.all([site.recorder.until((all) => all.filter((message) => /One|Two/.test(message.event)).length >= 60, 'both')]);
    await Promise.all([quiet(one), quiet(two)]);
    const all = told();
    assert.equal(all.length, 62);
    assert.equal(new Set(ids(all)).size, 62);
    assert.equal(new Set(all.map((message) => message.anonymousId)).size, 1);
  });

  await t.test('two tabs without a network tell nothing twice when it is back', async () => {
    const [one, two] = [await quiet(await visit('/')), await quiet(await visit('/next'))];
    await context.setOffline(true);
    await track(one, 'One');
    await track(two, 'Two');
    await context.setOffline(false);
    await site.recorder.message('One');
    await site.recorder.message('Two');
    await Promise.all([quiet(one), quiet(two)]);
    assert.equal(told().length, 4);
  });

  for (const [name, init] of [['blocked storage', BLOCKED], ['full storage', FULL]]) {
    await t.test(`${name}: a cookie keeps the visitor, and nothing is thrown`, async () => {
      await context.addInitScript(init);
      const page = await visit();
      await site.recorder.message('page');
      await page.goto(site.url('/next'));
      await site.recorder.message('page', 2);
      await page.evaluate(() => attractor.identify('u-1'));
      await site.recorder.message('identify');
      assert.equal(new Set(told().map((message) => message.anonymousId)).size, 1);
      const [cookie] = (await context.cookies()).filter(({ name: key }) => key === 'attractor_id');
      const days = (cookie.expires - Date.now() / 1000) / 86_400;
      assert.ok(cookie.sameSite === 'Lax' && days > 364 && days <= 365);
    });
  }

  await t.test('where nothing can be kept, the page still tells what it may, and once', async () => {
    await context.addInitScript(BLOCKED + NO_COOKIES);
    const page = await visit();
    await site.recorder.message('page');
    await track(page, 'Told');
    await site.recorder.message('Told');
    assert.equal(told().length, 2);
    await page.evaluate(() => attractor.consent(false));
    await track(page, 'Refused');
    await page.goto(site.url('/next'));
    await site.recorder.message('page', 2);
    assert.ok(!told().some((message) => message.event === 'Refused'));
  });

  await t.test('subdomains share a visitor where the tag names their domain, without TLS too', async () => {
    await visit('/shared', 'www.shop.test');
    await site.recorder.message('page');
    const page = await visit('/shared', 'app.shop.test');
    await site.recorder.message('page', 2);
    await page.evaluate(() => attractor.identify('u-1'));
    await visit('/shared', 'www.shop.test');
    const third = await site.recorder.message('page', 3);
    assert.equal(third.userId, 'u-1');
    assert.equal(new Set(told().map((message) => message.anonymousId)).size, 1);
    await page.evaluate(() => attractor.reset());
    assert.deepEqual(await keptIn(page), {});
  });

  await t.test('whoever becomes somebody else is another visitor, and nobody after a reset', async () => {
    const page = await visit();
    await page.evaluate(() => {
      attractor.track('Nobody');
      attractor.identify('u-1');
      attractor.track('First');
      attractor.identify('u-2');
      attractor.track('Second');
      attractor.reset();
      attractor.track('Nobody');
    });
    await site.recorder.message('Nobody', 2);
    const [nobody, first, second, after_] = told().filter((message) => message.type === 'track');
    assert.deepEqual([nobody, first, second, after_].map((message) => message.userId), [undefined, 'u-1', 'u-2', undefined]);
    assert.equal(nobody.anonymousId, first.anonymousId);
    assert.equal(new Set([first, second, after_].map((message) => message.anonymousId)).size, 3);
  });
});
