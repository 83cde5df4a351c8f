import assert from 'node:assert/strict';
import { after, afterEach, before, test } from 'node:test';
import { missing, openSite, script } from '../site.js';

const ROUTER = script(`
  addEventListener('go', ({ detail: { how, path, title } }) => {
    history[how]({}, '', path);
    if (title) setTimeout(() => (document.title = title));
  });
`);

let site;
let context;

/** Goes on in the single-page app as its router would: the address first, the title a moment later. */
const go = (page, how, path, title) =>
  page.evaluate((detail) => dispatchEvent(new CustomEvent('go', { detail })), { how, path, title });

const pages = (all) => all.filter((message) => message.type === 'page');
const paths = (all) => pages(all).map((message) => message.properties.path);

async function visit(path = '/', options) {
  context = await site.visitor();
  const page = await context.newPage();
  await page.goto(site.url(path), options);
  return page;
}

test('page views', { skip: missing }, async (t) => {
  before(async () => {
    const app = { title: 'App', body: ROUTER };
    site = await openSite({
      '/': { title: 'Home', body: '<a id="next" href="/next?utm_source=inner">next</a>' },
      '/next': { title: 'Next' },
      '/app': app,
      '/hash': { ...app, attributes: 'data-hash' },
      '/manual': { ...app, attributes: 'data-pages="manual"' },
      '/early': {
        title: 'Early',
        attributes: 'data-global="analytics"',
        head: script(`
          window.attractor = window.attractor || [];
          attractor.push(['identify', 'u-1', { plan: 'pro' }], ['track', 'Waited', { n: 1 }]);
          window.analytics = [['page', 'Named', { extra: 1 }], ['gone']];
        `),
      },
      '/plain': { title: 'Plain', head: script('window.analytics = [["track", "Not ours"]]') },
    });
  });
  after(() => site.close());
  afterEach(async () => {
    await context?.close();
    site.recorder.forget();
    assert.deepEqual(site.thrown.splice(0), []);
  });

  await t.test('a page says where it is, where the visitor came from, and by which campaign', async () => {
    const path = '/?utm_source=news&utm_medium=email&utm_campaign=Jan&gclid=g1&email=ada%40example.com#part';
    await visit(path, { referer: 'https://www.google.com/' });
    const message = await site.recorder.message('page');
    const url = site.url('/?utm_source=news&utm_medium=email&utm_campaign=Jan&gclid=g1&email=');
    const expected = { path: '/', url, title: 'Home', referrer: 'https://www.google.com/', search: new URL(url).search };
    assert.deepEqual(message.properties, expected);
    assert.deepEqual(message.context.page, expected);
    assert.deepEqual(message.context.campaign, { source: 'news', medium: 'email', name: 'Jan' });
    assert.deepEqual(message.context.library, { name: 'attractor.js', version: '0.1.0' });
    assert.equal(message.context.locale, 'en-US');
    assert.ok(message.context.timezone && message.context.userAgent.includes('Chrome'));
    assert.match(message.anonymousId, /^[0-9a-f-]{36}$/);
    assert.equal(message.userId, undefined);
  });

  await t.test('a request is simple, names the key, and says when it was sent', async () => {
    await visit();
    await site.recorder.message('page');
    const [request] = site.recorder.requests;
    assert.equal(site.recorder.requests.length, 1, 'no preflight');
    assert.equal(request.url, '/v1/batch');
    assert.match(request.headers['content-type'], /^text\/plain/);
    assert.equal(request.headers.cookie, undefined);
    assert.equal(request.body.writeKey, 'pk_site');
    const [message] = request.body.batch;
    for (const at of [request.body.sentAt, message.sentAt, message.timestamp]) {
      assert.ok(Math.abs(Date.parse(at) - request.at) < 60_000, at);
    }
  });

  await t.test('a link of an e-mail loses its token before the page is told, and the visit is reported', async () => {
    const page = await visit('/?size=l&_a=TOKEN&fit=slim#part');
    const message = await site.recorder.message('page');
    const report = await site.recorder.report();
    assert.equal(await page.evaluate(() => location.href), site.url('/?size=l&fit=slim#part'));
    assert.equal(message.properties.url, site.url('/?size=l&fit=slim'));
    assert.deepEqual(report.body, { token: 'TOKEN', anonymousId: message.anonymousId, seen: 'loaded' });
    assert.equal(report.method, 'POST');
    assert.match(report.headers['content-type'], /^text\/plain/, 'no preflight');
    assert.equal(site.recorder.requests.filter(({ url }) => url === '/t/v').length, 1);
    assert.doesNotMatch(JSON.stringify(site.recorder.messages()), /TOKEN|_a=/);
  });

  await t.test('going on inside the site is another page of the same visitor', async () => {
    const page = await visit();
    const first = await site.recorder.message('page');
    await page.click('#next');
    const second = await site.recorder.message('page', 2);
    assert.deepEqual([second.properties.title, second.properties.referrer], ['Next', site.url('/')]);
    assert.equal(second.anonymousId, first.anonymousId);
    assert.notEqual(second.messageId, first.messageId);
  });

  await t.test('a single-page app: the right address, title and referrer each time', async () => {
    const page = await visit('/app', { referer: 'https://www.google.com/' });
    await site.recorder.message('page');
    await go(page, 'pushState', '/app/prices', 'Prices');
    await site.recorder.message('page', 2);
    await go(page, 'replaceState', '/app/prices?tab=2');
    await go(page, 'replaceState', '/app/plans', 'Plans');
    await site.recorder.message('page', 3);
    await go(page, 'pushState', '/app/plans#faq');
    await page.evaluate(() => history.go(-2));
    await site.recorder.message('page', 4);
    const told = pages(site.recorder.messages()).map(({ properties }) => [properties.path, properties.title, properties.referrer]);
    const at = (path) => site.url(path);
    assert.deepEqual(told, [
      ['/app', 'App', 'https://www.google.com/'],
      ['/app/prices', 'Prices', at('/app')],
      ['/app/plans', 'Plans', at('/app/prices?tab=2')],
      ['/app', 'Plans', at('/app/plans#faq')],
    ]);
  });

  await t.test('a page of an app that is left before its title came is told all the same', async () => {
    const page = await visit('/app');
    await site.recorder.message('page');
    await go(page, 'pushState', '/app/a');
    await go(page, 'pushState', '/app/b');
    await page.goto('about:blank');
    await site.recorder.message('page', 3);
    assert.deepEqual(paths(site.recorder.messages()), ['/app', '/app/a', '/app/b']);
  });

  await t.test('an app whose pages lie behind # says so in its tag', async () => {
    const page = await visit('/hash#/a');
    await site.recorder.message('page');
    await page.evaluate(() => (location.hash = '#/b'));
    const second = await site.recorder.message('page', 2);
    assert.deepEqual(paths(site.recorder.messages()), ['/hash#/a', '/hash#/b']);
    assert.equal(second.properties.url, site.url('/hash#/b'));
    assert.equal(second.properties.referrer, site.url('/hash#/a'));
  });

  await t.test('an app that says its pages itself is left alone', async () => {
    const page = await visit('/manual');
    await page.evaluate(() => attractor.ready());
    await go(page, 'pushState', '/manual/a', 'A');
    await page.evaluate(() => attractor.page('Own', { path: '/own', rank: 2 }));
    await site.recorder.message('page');
    await page.goto('about:blank');
    await page.goto(site.url('/plain'));
    await site.recorder.message('page', 2);
    const [own, ...others] = pages(site.recorder.messages());
    assert.deepEqual([own.name, own.properties.path, own.properties.rank], ['Own', '/own', 2]);
    assert.deepEqual(paths(others), ['/plain']);
  });

  await t.test('what waited in the queues before the script came is said in its order', async () => {
    const page = await visit('/early');
    await site.recorder.message('page');
    const told = site.recorder.messages().map((message) => [message.type, message.userId, message.event ?? message.name]);
    assert.deepEqual(told, [['identify', 'u-1', undefined], ['track', 'u-1', 'Waited'], ['page', 'u-1', 'Named']]);
    assert.equal(site.recorder.messages()[2].properties.title, 'Early');
    assert.ok(await page.evaluate(() => window.analytics === window.attractor));
  });

  await t.test('a queue of another name is not touched', async () => {
    const page = await visit('/plain');
    await site.recorder.message('page');
    assert.equal(await page.evaluate(() => window.analytics.length), 1);
    assert.equal(site.recorder.messages().length, 1);
  });

  await t.test('a page that comes back from the browser’s cache is seen again, and nothing is told twice', async () => {
    const page = await visit('/');
    await site.recorder.message('page');
    await page.evaluate(() => (window.isTheSame = true));
    await page.goto(site.url('/next'));
    await site.recorder.message('page', 2);
    await page.goBack({ waitUntil: 'commit' });
    const third = await site.recorder.message('page', 3);
    assert.equal(await page.evaluate(() => window.isTheSame), true, 'the page was cached');
    assert.deepEqual([third.properties.path, third.properties.referrer], ['/', site.url('/')]);
    await page.evaluate(() => attractor.track('Marked'));
    await site.recorder.message('Marked');
    assert.deepEqual(paths(site.recorder.messages({ all: true })), ['/', '/next', '/']);
  });
});
