// Links that lead away, files, and forms: which click or submission is which event. Values of fields are not read,
// but for the e-mail of a form that says so.

import { attempt, guarded } from './guard.js';
import { withoutEmails } from './page.js';

const FILES =
  /\.(pdf|docx?|xlsx?|pptx?|od[tsp]|csv|epub|mobi|zip|7z|rar|t?gz|dmg|pkg|exe|msi|deb|rpm|apk|mp[34]|m4a|mov|webm|ics)$/i;

/** What the server counts itself when it is asked for it: mail links, forms, downloads. */
const COUNTED_BY_SERVER = /^\/[dfptu]\//;

function fileName(path) {
  const last = path.slice(path.lastIndexOf('/') + 1);
  return attempt(() => decodeURIComponent(last)) ?? last;
}

const isWithin = (host, domain) => `.${host}`.endsWith(`.${domain}`);
const parsed = (text, base) => attempt(() => new URL(text, base));

/**
 * The event of a clicked link, as [kind, properties]; undefined where the link stays on the site.
 * `link` is {href, asset}, the asset null where its tag calls it no file, '' where it gives no name;
 * `site` is {host, domain, server}.
 */
export function linkEvent(link, site) {
  const url = parsed(link.href);
  if (!/^https?:/.test(url?.protocol)) return undefined;
  if (url.origin === site.server && COUNTED_BY_SERVER.test(url.pathname)) return undefined;
  const properties = { url: withoutEmails(url.href) };
  if (link.asset !== null || FILES.test(url.pathname)) {
    return ['Content Downloaded', { asset: link.asset || fileName(url.pathname), ...properties }];
  }
  const isOurs = url.host === site.host || (site.domain && isWithin(url.hostname, site.domain));
  return isOurs ? undefined : ['Link Clicked', properties];
}

/**
 * The properties of a submitted form; undefined where the server counts it. The action's query may hold values. An
 * action that is not an address, such as `javascript:void(0)`, is null.
 */
export function formProperties({ id, name, action }, base, server) {
  const url = parsed(action || base, base);
  if (url && url.origin === server && COUNTED_BY_SERVER.test(url.pathname)) return undefined;
  const goes = /^https?:/.test(url?.protocol);
  return { form: id || name, form_id: id, form_name: name, action: goes ? url.origin + url.pathname : null };
}

function emailIn(form) {
  const fields = form.querySelectorAll('input[type=email], input[name=email]:not([type=password], [type=hidden])');
  const values = [...fields].map((field) => field.value.trim());
  return values.find((value) => /^[^\s@]+@[^\s@]+$/.test(value));
}

const isIgnored = (element) => element.closest('[data-attractor-ignore]');

/**
 * Calls `track(kind, properties)` and `identify(traits)` for what the visitor does on the page.
 * @param site {host, domain, server} as for linkEvent
 */
export function watchClicks(site, track, identify) {
  function clicked(event) {
    if (event.button > 1) return; // a context menu goes nowhere
    const target = event.composedPath()[0];
    const link = (target.nodeType === 1 ? target : target.parentElement)?.closest('a[href], area[href]');
    if (!link || isIgnored(link)) return;
    const asset = link.dataset.attractorAsset ?? link.getAttribute('download');
    const found = linkEvent({ href: link.href, asset }, site);
    if (!found) return;
    // Where the page stops a download, to ask for an address first for instance, there was none.
    if (found[0] === 'Content Downloaded') setTimeout(guarded(() => event.defaultPrevented || track(...found)));
    else track(...found);
  }

  function submitted({ target: form }) {
    if (isIgnored(form)) return;
    const [id, name, action] = ['id', 'name', 'action'].map((attribute) => form.getAttribute(attribute));
    const properties = formProperties({ id, name, action }, location.href, site.server);
    if (!properties) return;
    const email = form.hasAttribute('data-attractor-identify') && emailIn(form);
    if (email) identify({ email });
    track('Form Submitted', properties);
  }

  // While capturing: the page's own handlers may stop an event on its way back up.
  for (const name of ['click', 'auxclick']) document.addEventListener(name, guarded(clicked), true);
  document.addEventListener('submit', guarded(submitted), true);
}
