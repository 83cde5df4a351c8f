// The e-mails of the playbooks, and one with every block, against what mail clients support by the data of caniemail.com.

import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { CLIENTS, support, unsupported, unsupportedOf } from '../clients.js';
import { rendered } from '../mails.js';
import { TOLERATED } from '../tolerated.js';
import { missing } from '../../served/server.js';

const skip = missing;
const used = new Set();
let mails = [];
let blocks;

before(async () => {
  if (missing) return;
  // A footer without an address is another one than people get.
  process.env.ATTRACTOR_POSTAL_ADDRESS = '1 Mill Road, Leeds';
  ({ mails, ...blocks } = await rendered());
  for (const mail of mails) {
    mail.unsupported = unsupported(mail.html);
    for (const title of mail.unsupported.keys()) used.add(title);
  }
});

/** What is wrong, each with the number of mails in which it is. */
function collected(faultsOf) {
  const count = new Map();
  for (const mail of mails) {
    for (const fault of new Set(faultsOf(mail))) count.set(fault, [...count.get(fault) ?? [], mail.name]);
  }
  return [...count].map(([fault, names]) => `${fault} (${names.length} mails: ${names.slice(0, 3).join(', ')}${names.length > 3 ? ' …' : ''})`);
}

test('the checker finds what clients do not show', () => {
  const found = unsupported('<!doctype html><html><body><div style="display: grid">a</div><video src="a.mp4"></video></body></html>');
  assert.ok(found.get('display:grid')?.has('outlook.windows'), [...found.keys()].join(', '));
  assert.ok(found.get('<video> element')?.has('gmail.desktop-webmail'), [...found.keys()].join(', '));
  assert.deepEqual([...unsupported('<p style="color: #1c1c1e">a</p>')], []);
});

test('the checker reads for Outlook what is written for Word alone, and nothing that is hidden from it', () => {
  const video = '<video src="a.mp4"></video>';
  const clients = (html) => [...unsupported(html).get('<video> element') ?? []];
  assert.deepEqual(clients(`<p>a</p><!--[if mso | IE]>${video}<![endif]-->`), ['outlook.windows']);
  assert.ok(!clients(`<p>a</p><!--[if !mso]><!-->${video}<!--<![endif]-->`).includes('outlook.windows'));
});

test('every block is looked at', { skip }, () => {
  assert.deepEqual(blocks.kinds.filter((kind) => !blocks.shown.includes(kind)), [], 'missing in blocks.json');
  for (const name of ['starter/welcome en', 'sample/welcome de', 'every block ar']) {
    assert.ok(mails.some((mail) => mail.name === name), name);
  }
});

test('mails use what all clients support, or what does no harm where it is not', { skip }, (t) => {
  for (const { name, unsupported } of mails) {
    const tolerated = [...unsupported.keys()].filter((title) => TOLERATED[title]);
    t.diagnostic(`${name}: ${CLIENTS.length} clients, ${tolerated.length} features tolerated`);
  }
  const faults = collected(({ unsupported }) => [...unsupported]
    .filter(([title]) => !TOLERATED[title])
    .map(([title, clients]) => `${title}: not supported by ${[...clients].join(', ')}`));
  assert.deepEqual(faults, []);
});

test('no feature is tolerated that no mail uses', { skip }, () => {
  assert.deepEqual(Object.keys(TOLERATED).filter((title) => !used.has(title)), []);
});

/** The rules of the style sheet for dark screens. */
function darkRules(html) {
  const start = html.indexOf('{', html.indexOf('@media (prefers-color-scheme:dark)')) + 1;
  let depth = 1;
  let end = start;
  for (; depth > 0 && end < html.length; end += 1) depth += { '{': 1, '}': -1 }[html[end]] ?? 0;
  return html.slice(start, end - 1);
}

// Half of them would be light text on a light ground.
test('clients that ask for dark colours get all of them', { skip }, () => {
  const dark = CLIENTS.filter((client) => support('@media (prefers-color-scheme)', client) === 'y');
  assert.ok(dark.length > 5, dark.join(', '));
  assert.ok(mails.every(({ html }) => darkRules(html).includes('.at-text a{color:')));
  const faults = collected(({ html }) => [...unsupportedOf(darkRules(html), dark)]
    .map(([title, clients]) => `${title}: not supported by ${[...clients].join(', ')}`));
  assert.deepEqual(faults, []);
});

test('the preheader is hidden in each client', { skip }, () => {
  const supports = (client) => (title) => support(title, client) !== 'n';
  const hides = (client) => supports(client)('display:none') || ['max-height property', 'overflow'].every(supports(client));
  assert.deepEqual(CLIENTS.filter((client) => !hides(client)), []);
  const style = ({ html }) => /<body[^>]*><div style="([^"]*)">/.exec(html)?.[1] ?? '';
  const ways = ['display:none', 'max-height:0', 'overflow:hidden'];
  assert.deepEqual(collected((mail) => ways.filter((way) => !style(mail).includes(way))), []);
});

// Word pads the cells of tables and nothing else, so that only a margin keeps bullets beside the text.
test('lists are indented by a margin', { skip }, () => {
  const styles = (html) => [...html.matchAll(/<[uo]l style="([^"]*)"|\b[uo]l\{([^}]*)\}/g)].map(([, inline, rule]) => inline ?? rule);
  assert.deepEqual(collected(({ html }) => styles(html).filter((style) => /(^|;)margin:0(;|$)/.test(style))), []);
});

// Gmail's apps read no style sheet in mails of accounts at other providers. The attribute gives the place its shape meanwhile.
test('an image that a phone narrows keeps its proportions without a style sheet', { skip }, () => {
  const images = (html) => [...html.matchAll(/<img [^>]*width:100%[^>]*>/g)].map(([image]) => image);
  assert.ok(mails.some(({ html }) => images(html).some((image) => / height="\d+"/.test(image))));
  const fixed = (image) => /[";]height:(?!auto)[^;"]*/.exec(image)?.[0];
  assert.deepEqual(collected(({ html }) => images(html).map(fixed).filter(Boolean)), []);
});
