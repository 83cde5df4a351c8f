// A form of the real program on pages of another origin, in Chromium: with its script, by keys alone, and without scripts.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { after, afterEach, before, test } from 'node:test';
import { browserless, launch } from './browser.js';
import { serve } from './server.js';

const GUIDE = {
  title: 'The guide',
  thanks: 'Enjoy the guide.',
  fields: [
    { name: 'email', type: 'email', label: 'Your address', required: true },
    { name: 'name', type: 'text', label: 'First name', attribute: 'first_name' },
    { name: 'size', type: 'choice', label: 'How many are you?', options: ['1', '10', '50'], attribute: 'company_size' },
    { name: 'message', type: 'textarea', label: 'Message' },
    { name: 'terms', type: 'checkbox', label: 'I have read the terms', required: true },
  ],
  consents: [{ text: 'Send me all your e-mails.' }],
};
const EMAIL = { name: 'email', type: 'email', label: 'Your address', required: true };
// What the script must not ask of a form by the names that these fields take.
const ODD = ['action', 'elements', 'dataset', 'prepend', 'method', 'submit'].map((name) => ({ name, type: 'text', label: name }));

const THANKS = /^Enjoy the guide\. We have sent you an e-mail\./;
const WRONG_EMAIL = 'This is not an e-mail address. It looks like name@example.org.';
const SENT = (response) => response.request().method() === 'POST';

let server, site, browser, tab;
let key;
/** What the site answers, by path: {html, headers}. */
const pages = {};
/** How often the button is to be pressed again before the site answers `/slow`; each time, its page asks for `/pressed`. */
let pressesToGo = 0;

async function openSite() {
  const listener = createServer(async (request, response) => {
    const path = request.url.split('?')[0];
    if (path === '/pressed') listener.emit('pressed');
    while (path === '/slow' && pressesToGo-- > 0) await once(listener, 'pressed');
    const { html = '', headers } = pages[path] ?? {};
    response.writeHead(200, { 'content-type': 'text/html', ...headers }).end(`<!doctype html><title>${path}</title>${html}`);
  });
  listener.listen(0, '127.0.0.1');
  await once(listener, 'listening');
  return { listener, url: (path) => `http://www.shop.test:${listener.address().port}${path}` };
}

async function api(path, body) {
  const headers = { authorization: `Bearer ${key}`, 'content-type': 'application/json' };
  const options = body ? { method: 'POST', body: JSON.stringify(body) } : {};
  const response = await fetch(`${server.host}/api${path}`, { ...options, headers });
  assert.ok(response.ok, `${path}: ${response.status} ${await response.clone().text()}`);
  return response.json();
}

/** The HTML that the API gives for a page of one's own. */
const made = async (id, form) => (await api('/forms', { id, form })).snippet;

async function makePages() {
  const guide = await made('guide', GUIDE);
  const tag = `<script async src="${server.host}/v1/attractor.js" data-key="${server.key('site', '--public')}"></script>`;
  pages['/guide'] = { html: guide };
  pages['/known'] = { html: tag + guide };
  pages['/odd'] = { html: await made('odd', { title: 'Odd', fields: [EMAIL, ...ODD] }) };
  pages['/leads-on'] = { html: await made('on', { title: 'On', fields: [EMAIL], redirect: site.url('/slow') }) };
  pages['/slow'] = { html: 'The next page' };
  const policy = `default-src 'none'; script-src ${server.host}; form-action *`;
  pages['/strict'] = { html: guide, headers: { 'content-security-policy': policy } };
}

async function visit(path, options) {
  tab = await (await browser.newContext(options)).newPage();
  await tab.goto(site.url(path), { waitUntil: 'networkidle' });
}

const label = (text) => tab.getByLabel(text);
const send = () => tab.getByRole('button', { name: 'Send' });
const isAt = (path) => assert.equal(tab.url(), site.url(path));
const submissions = (form) =>
  server.events().filter((event) => event.event === 'Form Submitted' && event.properties.form === form);
const leadsOf = async (email) => (await api('/leads')).items.filter((lead) => lead.email === email);
const focused = () => tab.evaluate(() => document.activeElement.textContent);

async function fillIn(email) {
  await label('Your address').fill(email);
  await label('First name').fill('Ada');
  await label('How many are you?').selectOption('50');
  await label('Message').fill('Hello\nthere');
  await label('I have read the terms').check();
  await label('Send me all your e-mails.').check();
}

/** In the page: what somebody does who sees nothing happen. */
function pressAgainAndAgain() {
  setInterval(() => {
    document.querySelector('form button')?.click();
    fetch('/pressed');
  }, 20);
}

/** What was filled in, as the page still shows it. */
const filledIn = async () => [
  await label('First name').inputValue(),
  await label('How many are you?').inputValue(),
  await label('Message').inputValue(),
  await label('I have read the terms').isChecked(),
  await label('Send me all your e-mails.').isChecked(),
];
const ALL_OF_IT = ['Ada', '50', 'Hello\nthere', true, true];

/** What is said of a field to those who do not see the page. */
const described = (field) =>
  field.evaluate((control) => document.getElementById(control.getAttribute('aria-describedby'))?.textContent);

/** That the program took the form as it was filled in, once, as a new lead. */
async function assertTaken(email) {
  const [lead, ...others] = await leadsOf(email);
  assert.ok(lead && others.length === 0, email);
  const { attributes } = await api(`/leads/${email}`);
  assert.deepEqual([attributes.first_name.value, attributes.company_size.value], ['Ada', '50']);
  const { items } = await api(`/leads/${email}/events`);
  const submitted = items.filter((item) => item.message.event === 'Form Submitted');
  assert.deepEqual(submitted.map((item) => item.message.properties.answers), [{ message: 'Hello\nthere', terms: true }]);
}

test('a form on a page of another origin', { skip: browserless }, async (t) => {
  before(async () => {
    site = await openSite();
    server = await serve({ settings: { ATTRACTOR_OWN_DOMAINS: 'shop.test' } });
    key = server.key('forms', '--api', 'marketer');
    await makePages();
    browser = await launch();
  });
  afterEach(() => tab.context().close());
  after(async () => {
    await browser.close();
    site.listener.closeAllConnections();
    site.listener.close();
    await server.close();
  });

  await t.test('is sent in place, and its thanks take its place and the focus', async () => {
    await visit('/guide');
    await fillIn('ada@people.test');
    await send().click();
    await tab.getByRole('status').waitFor();
    isAt('/guide');
    assert.match(await focused(), THANKS);
    assert.equal(await tab.locator('form').count(), 0);
    await assertTaken('ada@people.test');
  });

  await t.test('without JavaScript it gives the same, on a page of the server', async () => {
    await visit('/guide', { javaScriptEnabled: false });
    await fillIn('bea@people.test');
    await send().click();
    await tab.getByText('Enjoy the guide.').waitFor();
    assert.match(await tab.getByRole('status').textContent(), /^We have sent you an e-mail\./);
    assert.equal(tab.url(), `${server.host}/f/guide`);
    await assertTaken('bea@people.test');
  });

  await t.test('what is wrong is shown at its field, which has the focus; nothing is stored or lost', async () => {
    await visit('/guide');
    await fillIn('ada@');
    await send().click();
    await tab.getByRole('alert').waitFor();
    assert.equal(await described(label('Your address')), WRONG_EMAIL);
    assert.equal(await label('Your address').getAttribute('aria-invalid'), 'true');
    assert.ok(await label('Your address').evaluate((field) => field === document.activeElement));
    assert.deepEqual(await filledIn(), ALL_OF_IT);
    assert.deepEqual(await leadsOf('ada@'), []);
    await label('I have read the terms').uncheck();
    await label('Your address').fill('cid@people.test');
    await Promise.all([tab.waitForResponse(SENT), send().click()]);
    await tab.getByText('Please fill this in.').waitFor();
    assert.equal(await described(label('I have read the terms')), 'Please fill this in.');
    assert.equal(await described(label('Your address')), undefined, 'what is right now is not called wrong');
    assert.deepEqual(await leadsOf('cid@people.test'), []);
    await label('I have read the terms').check();
    await send().click();
    await tab.getByRole('status').waitFor();
    await assertTaken('cid@people.test');
  });

  await t.test('without JavaScript, what is wrong comes back at its field, with all that was typed', async () => {
    await visit('/guide', { javaScriptEnabled: false });
    await fillIn('ada@');
    await send().click();
    await tab.getByRole('alert').waitFor();
    const about = await label('Your address').getAttribute('aria-describedby');
    assert.equal(await tab.locator(`[id="${about}"]`).textContent(), WRONG_EMAIL);
    assert.deepEqual(await filledIn(), ALL_OF_IT);
  });

  await t.test('the keyboard alone fills it in and sends it', async () => {
    await visit('/guide');
    const press = async (...keys) => {
      for (const name of keys) await tab.keyboard.press(name);
    };
    await press('Tab');
    await tab.keyboard.type('dan@');
    await press('Enter');
    await tab.getByRole('alert').first().waitFor();
    await press('End');
    await tab.keyboard.type('people.test');
    await press('Tab');
    await tab.keyboard.type('Ada');
    await press('Tab');
    await tab.keyboard.type('50');
    await press('Tab');
    await tab.keyboard.type('Hello\nthere');
    await press('Tab', 'Space', 'Tab', 'Space', 'Tab');
    assert.equal(await focused(), 'Send', 'nobody comes to the field that no person sees');
    await press('Enter');
    await tab.getByRole('status').waitFor();
    assert.match(await focused(), THANKS);
    await assertTaken('dan@people.test');
  });

  await t.test('a double click sends it once', async () => {
    await visit('/guide');
    const stored = submissions('guide').length;
    await fillIn('eve@people.test');
    await send().dblclick();
    await tab.getByRole('status').waitFor();
    assert.equal(submissions('guide').length, stored + 1);
  });

  await t.test('it leads to a page of an own domain, and is sent once while that page is on its way', async () => {
    pressesToGo = 5;
    await visit('/leads-on');
    await label('Your address').fill('fay@people.test');
    await tab.evaluate(pressAgainAndAgain);
    await tab.waitForURL(site.url('/slow'));
    assert.equal(await tab.textContent('body'), 'The next page');
    assert.equal(submissions('on').length, 1);
  });

  await t.test('without JavaScript it leads to that page too', async () => {
    await visit('/leads-on', { javaScriptEnabled: false });
    await label('Your address').fill('gil@people.test');
    await send().click();
    await tab.waitForURL(site.url('/slow'));
    assert.equal((await leadsOf('gil@people.test')).length, 1);
  });

  await t.test('fields may be called as what a form has in a browser', async () => {
    await visit('/odd');
    for (const { name } of ODD) await tab.locator(`[name=${name}]`).fill(`my ${name}`);
    await send().click();
    await tab.getByRole('alert').waitFor();
    await label('Your address').fill('hal@people.test');
    await send().click();
    await tab.getByRole('status').waitFor();
    isAt('/odd');
    const expected = Object.fromEntries(ODD.map(({ name }) => [name, `my ${name}`]));
    assert.deepEqual(submissions('odd').map((event) => event.properties.answers), [expected]);
  });

  await t.test('where a page forbids the script to send, the browser does, once', async () => {
    await visit('/strict');
    const stored = submissions('guide').length;
    await fillIn('ida@people.test');
    await send().dblclick();
    await tab.getByText('Enjoy the guide.').waitFor();
    assert.equal(tab.url(), `${server.host}/f/guide`);
    assert.equal(submissions('guide').length, stored + 1);
  });

  await t.test('where the server cannot be reached, the browser says it; what was typed is there on the way back', async () => {
    await visit('/guide');
    await fillIn('lea@people.test');
    await tab.context().setOffline(true);
    const failed = assert.rejects(tab.waitForURL('**/f/guide'), /ERR_INTERNET_DISCONNECTED/);
    await Promise.all([failed, send().click()]);
    await tab.context().setOffline(false);
    await tab.goBack({ waitUntil: 'commit' });
    isAt('/guide');
    assert.deepEqual(await filledIn(), ALL_OF_IT);
    await send().click();
    await tab.getByRole('status').waitFor();
    await assertTaken('lea@people.test');
  });

  await t.test('a program that fills in what no person sees is thanked, and nothing is stored', async () => {
    await visit('/guide');
    await fillIn('bot@people.test');
    const trap = tab.locator('[name=homepage]');
    const { x, width } = await trap.boundingBox();
    assert.ok(x + width < 0, 'left of the page');
    await trap.evaluate((field) => (field.value = 'https://spam.example'));
    await send().click();
    await tab.getByRole('status').waitFor();
    assert.match(await focused(), THANKS);
    assert.deepEqual(await leadsOf('bot@people.test'), []);
  });

  await t.test('with the site script, the visitor and who submits are one lead, and the form counts once', async () => {
    await visit('/known');
    const stored = () => tab.waitForResponse((response) => response.url().endsWith('/v1/batch') && response.ok());
    await Promise.all([stored(), tab.reload()]);
    await fillIn('jo@people.test');
    await send().click();
    await tab.getByRole('status').waitFor();
    // The next view comes after all that the site script had to say of the form.
    await Promise.all([stored(), tab.goto(site.url('/known?again'))]);
    await assertTaken('jo@people.test');
    const { items } = await api('/leads/jo@people.test/events');
    const views = items.filter((item) => item.message.type === 'page');
    assert.equal(views.length, 3, 'two from before the form, and one from after it');
    const visitors = new Set(views.map((item) => item.message.anonymousId));
    assert.equal(visitors.size, 1);
  });

  await t.test('a form too many from a network is told so, in place and in the focus, and nothing is lost', async () => {
    const body = new URLSearchParams({ email: 'nobody' });
    const status = async () => (await fetch(`${server.host}/f/guide`, { method: 'POST', body })).status;
    for (let sent = 0; sent < 100 && (await status()) !== 429; sent++);
    await visit('/guide');
    await fillIn('kim@people.test');
    await send().click();
    await tab.getByRole('alert').waitFor();
    isAt('/guide');
    assert.match(await focused(), /^Too many forms were sent from your network\./);
    assert.deepEqual(await filledIn(), ALL_OF_IT);
    await Promise.all([tab.waitForResponse(SENT), send().click()]);
    await tab.waitForFunction(() => document.querySelectorAll('[role=alert]').length === 1);
    assert.deepEqual(await leadsOf('kim@people.test'), []);
  });
});
