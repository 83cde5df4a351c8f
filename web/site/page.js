// Which page this is: its address, where the visitor came from, and when it has become another one.

import { guarded } from './guard.js';

/** How long a single-page app may take to write the new page's title. */
const TITLE_WAIT = 1_000;

/** An address without what looks like an e-mail in its query: forms that use GET put their values there. */
export function withoutEmails(url) {
  return url.replace(/([?&][^=&#]*=)[^&#]*(?:@|%40)[^&#]*/gi, '$1');
}

/** `context.campaign` of a query, as Segment names it; undefined where there is none. */
export function campaignOf(search) {
  const found = {};
  for (const [name, value] of new URLSearchParams(withoutEmails(search))) {
    const part = /^utm_(.+)/i.exec(name)?.[1].toLowerCase();
    if (part && value) found[part === 'campaign' ? 'name' : part] = value;
  }
  return Object.keys(found).length ? found : undefined;
}

/** Whether going from one address to another is a new page. A replaced address must differ in its path. */
export function isNewPage(before, after, { countsHash, isReplaced }) {
  const seen = (url) => url.pathname + (isReplaced ? '' : url.search) + (countsHash ? url.hash : '');
  return seen(before) !== seen(after);
}

/** @param {boolean} countsHash whether the part behind `#` is part of the address */
export function openPage(countsHash) {
  const here = () => new URL(location.href);
  let address = here();
  let referrer = document.referrer;
  let finish = () => {};

  /** The page as events tell of it. */
  function describe() {
    const url = here();
    if (!countsHash) url.hash = '';
    return {
      path: url.pathname + url.hash,
      referrer: withoutEmails(referrer),
      search: withoutEmails(url.search),
      title: document.title,
      url: withoutEmails(url.href),
    };
  }

  /** Calls back once the title is another one, or does not seem to become so. */
  function whenTitled(told) {
    finish();
    const before = document.title;
    const observer = new MutationObserver(() => document.title !== before && finish());
    const timer = setTimeout(() => finish(), TITLE_WAIT);
    finish = () => {
      finish = () => {};
      observer.disconnect();
      clearTimeout(timer);
      told(document.title);
    };
    observer.observe(document.documentElement, { childList: true, subtree: true, characterData: true });
  }

  /** Calls `viewed` for each new page of a single-page app, and when the browser takes a page out of its cache. */
  function watch(viewed) {
    function moved(isReplaced) {
      const [before, after] = [address, here()];
      const isNew = isNewPage(before, after, { countsHash, isReplaced });
      if (isNew) {
        finish();
        referrer = before.href;
      }
      address = after;
      if (isNew) viewed(describe(), new Date(), whenTitled);
    }
    for (const method of ['pushState', 'replaceState']) {
      const original = history[method];
      history[method] = function (...args) {
        const result = original.apply(this, args);
        guarded(moved)(method === 'replaceState');
        return result;
      };
    }
    for (const name of ['popstate', 'hashchange']) addEventListener(name, guarded(() => moved(false)));
    addEventListener('pageshow', guarded((event) => {
      if (!event.persisted) return;
      // Whoever comes back did not come from where the first view came from: no second visit from there begins.
      referrer = location.href;
      viewed(describe(), new Date());
    }));
  }

  return { describe, watch, settle: () => finish() };
}
