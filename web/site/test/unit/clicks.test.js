import assert from 'node:assert/strict';
import { test } from 'node:test';
import { formProperties, linkEvent } from '../../clicks.js';

const SITE = { host: 'www.shop.test', domain: 'shop.test', server: 'https://hello.shop.test' };
const clicked = (href, asset = null) => linkEvent({ href, asset }, SITE);

test('links that lead away are clicks', () => {
  assert.deepEqual(clicked('https://else.org/x?y=1#z'), ['Link Clicked', { url: 'https://else.org/x?y=1#z' }]);
  assert.deepEqual(clicked('https://noshop.test/'), ['Link Clicked', { url: 'https://noshop.test/' }]);
  assert.equal(clicked('https://else.org/?e=a@b.c')[1].url, 'https://else.org/?e=');
  assert.equal(linkEvent({ href: 'https://app.shop.test/', asset: null }, { ...SITE, domain: '' })[0], 'Link Clicked');
});

test('links that stay are none', () => {
  for (const href of ['https://www.shop.test/a', 'https://app.shop.test/', 'https://shop.test/', 'mailto:a@b.c', 'tel:+1', 'javascript:void 0', '', undefined]) {
    assert.equal(clicked(href), undefined, href);
  }
});

test('files are downloads, wherever they lie', () => {
  const cases = [
    ['https://www.shop.test/files/Guide%20one.PDF?v=2', null, 'Guide one.PDF'],
    ['https://cdn.else.org/a/100%.zip', null, '100%.zip'],
    ['https://www.shop.test/get?id=7', 'guide.pdf', 'guide.pdf'],
    ['https://www.shop.test/files/plan', '', 'plan'],
  ];
  for (const [href, asset, name] of cases) {
    const [kind, properties] = clicked(href, asset);
    assert.deepEqual([kind, properties.asset, properties.url], ['Content Downloaded', name, href]);
  }
});

test('what the server counts is not counted twice', () => {
  for (const path of ['/t/c/x', '/d/guide.pdf', '/u/x', '/p/x', '/f/x']) {
    assert.equal(clicked(`https://hello.shop.test${path}`), undefined, path);
  }
  assert.equal(formProperties({ action: 'https://hello.shop.test/f/demo' }, 'https://www.shop.test/', SITE.server), undefined);
});

test('a form is told by its name and action, without what is in the query', () => {
  const properties = formProperties({ id: 'f', name: null, action: '/send?token=1#x' }, 'https://www.shop.test/a?e=1', SITE.server);
  assert.deepEqual(properties, { form: 'f', form_id: 'f', form_name: null, action: 'https://www.shop.test/send' });
  assert.equal(formProperties({ id: null, name: 'ask', action: '' }, 'https://www.shop.test/', '').form, 'ask');
  assert.equal(formProperties({ id: '', name: 'ask', action: '' }, 'https://www.shop.test/', '').form, 'ask');
  assert.equal(formProperties({ action: null }, 'https://www.shop.test/a?e=1', '').action, 'https://www.shop.test/a');
});

test('the action of a form is an address of the web or null', () => {
  const page = 'https://www.shop.test/a?e=1#top';
  const cases = [
    ['javascript:void(0)', null],
    ['JavaScript:;', null],
    ['mailto:a@shop.test', null],
    ['blob:https://www.shop.test/1', null],
    ['data:text/html,x', null],
    ['http://[', null],
    // A form without an action is sent to the address of its page.
    ['', 'https://www.shop.test/a'],
    [null, 'https://www.shop.test/a'],
    ['#', 'https://www.shop.test/a'],
    ['?x=1', 'https://www.shop.test/a'],
    ['send', 'https://www.shop.test/send'],
    ['//else.org/x?y', 'https://else.org/x'],
  ];
  for (const [action, expected] of cases) {
    assert.equal(formProperties({ id: 'f', name: null, action }, page, SITE.server).action, expected, action);
  }
  for (const base of ['about:srcdoc', 'file:///home/page.html']) {
    assert.equal(formProperties({ id: 'f', name: null, action: '' }, base, SITE.server).action, null, base);
  }
});
