// Who is on the page, and whether they may be told of: what is said becomes a message, waits for consent, or is dropped.

import { instant, uuid } from './message.js';
import { campaignOf } from './page.js';

/** How much may wait for the visitor's answer. */
const MOST_UNDECIDED = 100;

/** What the browser says of itself and of this page, for every message. */
function contextOf(described, given) {
  return {
    library: { name: 'attractor.js', version: VERSION },
    locale: navigator.language,
    timezone: Intl.DateTimeFormat().resolvedOptions().timeZone,
    userAgent: navigator.userAgent,
    page: described,
    campaign: campaignOf(described.search),
    ...given,
  };
}

/**
 * @param tag the site's choices, see tag.js
 * @param device what is kept in the browser, see device.js
 * @param queue what takes messages, see queue.js
 * @param {() => object} describe the page as it is now
 */
export function openVisitor(tag, device, queue, describe) {
  let undecided = [];
  let hasRefused = false;

  /** 'yes', 'no' or 'undecided'. Asked anew each time: another tab may have been given the answer. */
  function permission() {
    const { doNotTrack, globalPrivacyControl } = navigator;
    if (tag.heedsSignals && (globalPrivacyControl || doNotTrack === '1')) return 'no';
    const choice = device.get('consent');
    if (choice === 'yes' || choice === 'no') return choice;
    if (!tag.asksConsent) return 'yes';
    return hasRefused ? 'no' : 'undecided';
  }

  function anonymousId() {
    const known = device.get('id');
    const id = known || uuid();
    // With a common domain it is written again, so that what one subdomain remembers becomes common.
    if (!known || tag.domain) device.set('id', id);
    return id;
  }

  function reset() {
    ['id', 'user'].forEach(device.remove);
  }

  /** Whoever becomes somebody else is another visitor too, as on a shared machine. */
  function become(userId) {
    const before = device.get('user');
    if (before && before !== userId) reset();
    device.set('user', userId);
  }

  function send(message) {
    if (message.type === 'identify' && message.userId) become(message.userId);
    queue.add({ ...message, anonymousId: anonymousId(), userId: message.userId || device.get('user') });
  }

  /** Does something now, when the visitor agrees, or never. */
  function whenAllowed(act) {
    const state = permission();
    if (state === 'yes') act();
    else if (state === 'undecided' && undecided.length < MOST_UNDECIDED) undecided.push(act);
  }

  /** Makes a message of what happened and sends it, as far as it may. */
  function record(type, fields, options = {}) {
    const context = contextOf(describe(), options.context);
    // As text: the page may go on changing what it handed over.
    const text = JSON.stringify({ type, messageId: uuid(), timestamp: instant(options.timestamp), ...fields, context });
    whenAllowed(() => send(JSON.parse(text)));
  }

  function forget() {
    undecided = [];
    queue.clear();
    reset();
  }

  /** The visitor's answer. Only one that differs from the site's rule is kept, so that a no leaves nothing behind. */
  function consent(answer) {
    const isGiven = answer === true;
    hasRefused = !isGiven;
    if (!isGiven) forget();
    if (isGiven !== tag.asksConsent) device.remove('consent');
    else device.set('consent', isGiven ? 'yes' : 'no');
    if (permission() !== 'yes') return;
    const waited = undecided;
    undecided = [];
    waited.forEach((act) => act());
  }

  if (permission() !== 'yes') forget();
  return { record, consent, reset, whenAllowed, id: anonymousId };
}
