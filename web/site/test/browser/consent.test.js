import assert from 'node:assert/strict';
import { after, afterEach, before, test } from 'node:test';
import { keptIn, missing, openSite, script } from '../site.js';

const SIGNAL = (name, value) => `Object.defineProperty(Navigator.prototype, '${name}', { get: () => ${value} })`;

let site;
let context;

const told = () => site.recorder.messages({ all: true });
const kinds = () => told().map((message) => message.event ?? message.type);
const say = (page, method, ...args) => page.evaluate(([name, given]) => attractor[name](...given), [method, args]);

/** Visits a page that tells of itself without being asked: what had to come before has come by then. */
async function control() {
  const page = await (await site.visitor()).newPage();
  await page.goto(site.url('/free'));
  await site.recorder.until((all) => all.find((message) => message.properties?.path === '/free'), 'the control page');
  await page.context().close();
  return kinds().length - 1;
}

async function visit(path) {
  const page = await context.newPage();
  await page.goto(site.url(path));
  await page.waitForFunction(() => window.attractor?.version);
  return page;
}

test('consent', { skip: missing }, async (t) => {
  before(async () => {
    const asks = 'data-consent="required"';
    const out = '<a id="out" href="http://else.shop.test:1/" target="_blank">out</a>';
    site = await openSite({
      '/asks': { attributes: asks, body: out },
      '/answers': { attributes: asks, head: script('window.attractor = [["consent", true]]') },
      '/free': { body: out },
      '/heeds': { attributes: 'data-respect-dnt' },
    });
  });
  after(() => site.close());
  t.beforeEach(async () => (context = await site.visitor()));
  afterEach(async () => {
    await context?.close();
    site.recorder.forget();
    assert.deepEqual(site.thrown.splice(0), []);
  });

  await t.test('until it is given nothing is kept and nothing is sent', async () => {
    const page = await visit('/asks?utm_source=ads');
    await say(page, 'identify', 'u-1', { email: 'ada@example.com' });
    await page.click('#out');
    assert.equal(await control(), 0);
    assert.deepEqual(await keptIn(page), {});
  });

  await t.test('once it is given, what happened on this page is sent with its own instants', async () => {
    const page = await visit('/asks?utm_source=ads');
    const traits = { plan: 'pro' };
    await page.evaluate((given) => {
      attractor.identify('u-1', given);
      given.plan = 'changed later';
    }, traits);
    await say(page, 'consent', true);
    const view = await site.recorder.message('page');
    const identify = await site.recorder.message('identify');
    assert.deepEqual(view.context.campaign, { source: 'ads' });
    assert.deepEqual(identify.traits, traits);
    assert.ok(view.timestamp <= identify.timestamp);
    assert.equal(view.anonymousId, identify.anonymousId);
    assert.equal((await keptIn(page)).attractor_consent, 'yes');
  });

  await t.test('an e-mail that led to the page is reported when it is given, and its token is gone at once', async () => {
    const page = await visit('/asks?_a=TOKEN');
    assert.equal(await page.evaluate(() => location.href), site.url('/asks'));
    assert.equal(await control(), 0);
    assert.ok(site.recorder.requests.every(({ url }) => url !== '/t/v'));
    await say(page, 'consent', true);
    const report = await site.recorder.report();
    assert.deepEqual(report.body, { token: 'TOKEN', anonymousId: (await keptIn(page)).attractor_id, seen: 'loaded' });
  });

  await t.test('it is remembered, and may be said before the script comes', async () => {
    await visit('/answers');
    await site.recorder.message('page');
    await visit('/asks');
    await site.recorder.message('page', 2);
    assert.equal(new Set(told().map((message) => message.anonymousId)).size, 1);
  });

  await t.test('a no forgets everything and leaves nothing behind, in other tabs too', async () => {
    const page = await visit('/answers');
    const other = await visit('/asks');
    await site.recorder.message('page', 2);
    await say(other, 'consent', false);
    assert.deepEqual(await keptIn(other), {});
    await say(other, 'track', 'After');
    await say(page, 'track', 'After');
    assert.equal(await control(), 2);
    assert.deepEqual(await keptIn(page), {});
    await say(other, 'consent', true);
    await say(other, 'track', 'Again');
    await site.recorder.message('Again');
    assert.ok(!kinds().includes('After'));
  });

  await t.test('only true is a yes', async () => {
    const page = await visit('/asks');
    for (const answer of ['true', 1, {}, null]) await say(page, 'consent', answer);
    assert.equal(await control(), 0);
    assert.deepEqual(await keptIn(page), {});
  });

  await t.test('where the site does not ask, a no is remembered until it is taken back', async () => {
    const page = await visit('/free');
    const first = await site.recorder.message('page');
    await say(page, 'consent', false);
    assert.deepEqual(await keptIn(page), { attractor_consent: 'no' });
    const next = await visit('/free?again');
    await next.click('#out');
    assert.equal((await control()) - 1, 0);
    assert.deepEqual(await keptIn(next), { attractor_consent: 'no' });
    await say(next, 'consent', true);
    await say(next, 'track', 'Back');
    const back = await site.recorder.message('Back');
    assert.notEqual(back.anonymousId, first.anonymousId);
    assert.equal((await keptIn(next)).attractor_consent, undefined);
  });

  await t.test('a page that asks later keeps nothing from before', async () => {
    await visit('/free');
    await site.recorder.message('page');
    const page = await visit('/asks');
    assert.deepEqual(await keptIn(page), {});
  });

  for (const [name, value] of [['globalPrivacyControl', 'true'], ['doNotTrack', '"1"']]) {
    await t.test(`${name} is heeded where the tag says so`, async () => {
      await visit('/heeds');
      await site.recorder.message('page');
      await context.addInitScript(SIGNAL(name, value));
      const page = await visit('/heeds');
      await say(page, 'track', 'After');
      await say(page, 'consent', true);
      assert.equal((await control()) - 1, 0);
      const { attractor_id: id } = await keptIn(page);
      assert.equal(id, undefined);
      await visit('/free?unasked');
      await site.recorder.until((all) => all.some((message) => message.properties.url.endsWith('?unasked')), 'the other page');
    });
  }
});
