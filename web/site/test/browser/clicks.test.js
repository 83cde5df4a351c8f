import assert from 'node:assert/strict';
import { after, afterEach, before, test } from 'node:test';
import { keptIn, missing, openSite, script } from '../site.js';

const FORM = (attributes, fields = '') => `
  <form ${attributes}>
    <input name="name" value="Ada Secret"><input type="password" name="secret" value="Passw0rd">
    <input type="hidden" name="email" value="hidden@example.com"><input type="email" name="work" value=" Ada@Example.com ">
    ${fields}<button>Send</button>
  </form>`;

let site;
let page;

const kinds = (all) => all.map((message) => message.event ?? message.type);
const told = () => site.recorder.messages();
const marked = async () => {
  await page.evaluate(() => attractor.track('Marked'));
  await site.recorder.message('Marked');
};

async function visit(path) {
  page = await (await site.visitor()).newPage();
  await page.goto(site.url(path));
  await site.recorder.message('page');
}

test('links, files and forms', { skip: missing }, async (t) => {
  before(async () => {
    site = await openSite({
      '/links': {
        body: `
          <a id="in" href="/next">in</a> <a id="mail" href="mailto:a@example.com">mail</a> <a id="none">none</a>
          <a id="out" href="http://else.shop.test:1/x?a=1"><b id="inner">out</b></a>
          <a id="new" href="http://else.shop.test:1/new" target="_blank" rel="noopener">new tab</a>
          <span data-attractor-ignore><a id="quiet" href="http://else.shop.test:1/q">quiet</a></span>
          <a id="file" href="/files/Guide%20one.pdf">file</a> <a id="gated" href="/files/gated.pdf">gated</a>
          <a id="viewed" href="/files/viewed.pdf">viewed</a>
          <a id="named" href="/files/x.pdf" data-attractor-asset="the-guide">named</a>
          <a id="stopped" href="http://else.shop.test:1/stopped">stopped</a>
          <svg width="20" height="20"><a id="drawn" href="http://else.shop.test:1/svg"><rect width="20" height="20"/></a></svg>
          ${script(`
            gated.onclick = (event) => event.preventDefault();
            viewed.onclick = (event) => {
              event.preventDefault();
              attractor.track('Content Downloaded', { asset: 'viewed.pdf' });
            };
            stopped.onclick = (event) => { event.stopPropagation(); event.preventDefault(); };
            drawn.onclick = (event) => event.preventDefault();`)}`,
      },
      '/next': { body: 'next' },
      '/form': { body: FORM('id="demo" name="ask" action="/next?token=1" method="post"', '<input name="id" value="shadow">') },
      '/get': { body: FORM('action="/next"') },
      '/known': { body: FORM('id="known" action="/next" method="post" data-attractor-identify') },
      '/ajax': {
        body: FORM('id="ajax" data-attractor-identify') + script('document.forms[0].onsubmit = (event) => event.preventDefault()'),
      },
      '/void': { body: FORM('name="signup" action="javascript:void(0)"') },
      '/quiet': { body: FORM('action="/next" data-attractor-ignore') },
    });
  });
  after(() => site.close());
  afterEach(async () => {
    await page.context().close();
    site.recorder.forget();
    assert.deepEqual(site.thrown.splice(0), []);
  });

  await t.test('a click that leaves the site is told although the page goes', async () => {
    await visit('/links');
    await page.click('#inner', { noWaitAfter: true });
    const { properties } = await site.recorder.message('Link Clicked');
    assert.deepEqual(properties, { url: 'http://else.shop.test:1/x?a=1' });
  });

  await t.test('new tabs and middle clicks count, right clicks do not', async () => {
    await visit('/links');
    await page.click('#out', { button: 'right' });
    await page.click('#new');
    await page.click('#out', { button: 'middle' });
    await site.recorder.message('Link Clicked', 2);
    await marked();
    const urls = told().filter((message) => message.event === 'Link Clicked').map((message) => message.properties.url);
    assert.deepEqual(urls, ['http://else.shop.test:1/new', 'http://else.shop.test:1/x?a=1']);
  });

  await t.test('a page that stops an event on its way does not hide the click', async () => {
    await visit('/links');
    await page.click('#stopped');
    await site.recorder.message('Link Clicked');
  });

  await t.test('a file is a download, by its name; one that the page held back is none', async () => {
    await visit('/links');
    for (const id of ['#gated', '#file', '#named']) await page.click(id);
    await site.recorder.message('Content Downloaded', 2);
    await marked();
    const downloads = told().filter((message) => message.event === 'Content Downloaded');
    assert.deepEqual(downloads.map(({ properties }) => properties), [
      { asset: 'Guide one.pdf', url: site.url('/files/Guide%20one.pdf') },
      { asset: 'the-guide', url: site.url('/files/x.pdf') },
    ]);
  });

  await t.test('a handler that holds a file back and shows it by itself says so', async () => {
    await visit('/links');
    await page.click('#viewed');
    await marked();
    const downloads = told().filter((message) => message.event === 'Content Downloaded');
    assert.deepEqual(downloads.map(({ properties }) => properties), [{ asset: 'viewed.pdf' }]);
  });

  await t.test('links that stay, and what is to be ignored, are not told', async () => {
    await visit('/links');
    await page.evaluate(() => document.addEventListener('click', (event) => event.preventDefault()));
    for (const id of ['#in', '#mail', '#none', '#quiet', '#drawn']) await page.click(id);
    await marked();
    assert.deepEqual(kinds(told()), ['page', 'Marked']);
  });

  await t.test('a form is told by its name, and never what was typed', async () => {
    await visit('/form');
    await page.click('button');
    const { properties } = await site.recorder.message('Form Submitted');
    assert.doesNotMatch(JSON.stringify(properties), /token/);
    assert.deepEqual(properties, { form: 'demo', form_id: 'demo', form_name: 'ask', action: site.url('/next') });
    await site.recorder.message('page', 2);
    assert.doesNotMatch(JSON.stringify(site.recorder.requests), /secret|passw0rd|example\.com/i);
    assert.ok(!kinds(told()).includes('identify'));
    assert.equal((await keptIn(page)).attractor_user, undefined);
  });

  await t.test('a form that puts its values into the address gives away no e-mail', async () => {
    await visit('/get');
    await page.click('button');
    await site.recorder.message('Form Submitted');
    const next = await site.recorder.message('page', 2);
    assert.match(next.properties.search, /work=&|work=$/);
    assert.doesNotMatch(JSON.stringify(site.recorder.requests), /example\.com/i);
  });

  await t.test('a form that says so makes the visitor known by its e-mail, and by nothing else', async () => {
    await visit('/known');
    await page.click('button');
    const identify = await site.recorder.message('identify');
    assert.deepEqual(identify.traits, { email: 'Ada@Example.com' });
    const form = await site.recorder.message('Form Submitted');
    assert.equal(form.anonymousId, identify.anonymousId);
    assert.doesNotMatch(JSON.stringify(site.recorder.requests), /secret|passw0rd|hidden@/i);
  });

  await t.test('a form that the page sends by itself counts too', async () => {
    await visit('/ajax');
    await page.click('button');
    const { properties } = await site.recorder.message('Form Submitted');
    assert.deepEqual(properties, { form: 'ajax', form_id: 'ajax', form_name: null, action: site.url('/ajax') });
    await site.recorder.message('identify');
  });

  await t.test('a form whose action is not an address has none, and is named by its name', async () => {
    await visit('/void');
    await page.click('button');
    const { properties } = await site.recorder.message('Form Submitted');
    assert.deepEqual(properties, { form: 'signup', form_id: null, form_name: 'signup', action: null });
  });

  await t.test('a form that is to be ignored is', async () => {
    await visit('/quiet');
    await page.click('button');
    await site.recorder.message('page', 2);
    await marked();
    assert.deepEqual(kinds(told()), ['page', 'page', 'Marked']);
  });
});
