import assert from 'node:assert/strict';
import { test } from 'node:test';
import { campaignOf, isNewPage, withoutEmails } from '../../page.js';

test('a campaign is what utm_ says, as Segment names it', () => {
  const search = '?utm_source=news&UTM_Medium=email&utm_campaign=Jan%20sale&utm_term=&gclid=1&utm_id=7';
  assert.deepEqual(campaignOf(search), { source: 'news', medium: 'email', name: 'Jan sale', id: '7' });
  assert.equal(campaignOf('?gclid=1'), undefined);
  assert.equal(campaignOf(''), undefined);
});

test('addresses lose the e-mails in their queries and nothing else', () => {
  const cases = [
    ['https://a.b/c?email=ada%40b.c&x=1#d', 'https://a.b/c?email=&x=1#d'],
    ['?q=ada@b.c', '?q='],
    ['?gclid=Cj0-_x.1&fbclid=2', '?gclid=Cj0-_x.1&fbclid=2'],
    ['https://medium.com/@ada?x=1', 'https://medium.com/@ada?x=1'],
    ['', ''],
  ];
  for (const [url, clean] of cases) assert.equal(withoutEmails(url), clean);
});

test('what counts as a new page', () => {
  const at = (path) => new URL(path, 'https://a.b');
  const isNew = (before, after, choice) => isNewPage(at(before), at(after), choice);
  assert.ok(isNew('/a', '/b', {}));
  assert.ok(isNew('/a?p=1', '/a?p=2', {}));
  assert.ok(!isNew('/a', '/a', {}));
  assert.ok(!isNew('/a', '/a#x', {}));
  assert.ok(isNew('/a', '/a#x', { countsHash: true }));
  assert.ok(isNew('/a', '/b', { isReplaced: true }));
  assert.ok(!isNew('/a?p=1', '/a?p=2', { isReplaced: true }));
});
