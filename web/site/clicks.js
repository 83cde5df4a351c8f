// Links that lead away, files, and forms: which click or submission is which event. Values of fields are not read,
// but for the e-mail of a form that says so.

import { withoutEmails } from './page.js';

const FILES =
  /\.(pdf|docx?|xlsx?|pptx?|od[tsp]|rtf|csv|txt|epub|mobi|key|numbers|pages|zip|7z|rar|gz|tgz|dmg|pkg|exe|msi|deb|rpm|apk|mp3|wav|m4a|mp4|mov|avi|mkv|webm|ics)$/i;

/** What the server counts itself when it is asked for it: mail links, forms, downloads. */
const COUNTED_BY_SERVER = /^\/[dfptu]\//;

function fileName(path) {
  const last = path.slice(path.lastIndexOf('/') + 1);
  try {
    return decodeURIComponent(last);
  } catch {
    return last;
  }
}

const isWithin = (host, domain) => host === domain || host.endsWith(`.${domain}`);
const isWeb = (url) => url.protocol === 'http:' || url.protocol === 'https:';

function parsed(text, base) {
  try {
    return new URL(text, base);
  } catch {
    return undefined;
  }
}

/**
 * The event of a clicked link, as [kind, properties]; undefined where the link stays on the site.
 * `link` is {href, download (undefined where it is none), asset, text}; `site` is {host, domain, server}.
 */
export function linkEvent(link, site) {
  const url = parsed(link.href);
  if (!url || !isWeb(url)) return undefined;
  if (url.origin === site.server && COUNTED_BY_SERVER.test(url.pathname)) return undefined;
  const properties = { url: withoutEmails(url.href) };
  if (link.text) properties.text = link.text;
  if (link.asset || link.download !== undefined || FILES.test(url.pathname)) {
    return ['Content Downloaded', { asset: link.asset || link.download || fileName(url.pathname), ...properties }];
  }
  const isOurs = url.host === site.host || (site.domain && isWithin(url.hostname, site.domain));
  return isOurs ? undefined : ['Link Clicked', properties];
}

/** The properties of a submitted form; undefined where the server counts it. The action's query may hold values. */
export function formProperties({ id, name, action }, base, server) {
  const url = parsed(action || base, base);
  if (url && url.origin === server && COUNTED_BY_SERVER.test(url.pathname)) return undefined;
  const properties = { form_id: id, form_name: name, action: url && url.origin + url.pathname };
  return Object.fromEntries(Object.entries(properties).filter(([, value]) => value));
}

function emailIn(form) {
  const fields = form.querySelectorAll('input[type=email], input[name=email]:not([type=password], [type=hidden])');
  const values = [...fields].map((field) => field.value.trim());
  return values.find((value) => /^[^\s@]+@[^\s@]+$/.test(value));
}

const isIgnored = (element) => element.closest('[data-attractor-ignore]');

/**
 * Calls `track(kind, properties)` and `identify(traits)` for what the visitor does on the page.
 * @param {Window} view the page's window
 * @param site {host, domain, server} as for linkEvent
 */
export function watchClicks(view, site, track, identify, guarded) {
  const { document } = view;

  function clicked(event) {
    if (event.type === 'auxclick' && event.button !== 1) return;
    const target = event.composedPath()[0];
    const link = (target.nodeType === 1 ? target : target.parentElement)?.closest('a[href], area[href]');
    if (!link || isIgnored(link)) return;
    const found = linkEvent(
      {
        href: link.href,
        download: link.getAttribute('download') ?? undefined,
        asset: link.dataset.attractorAsset,
        text: link.textContent.trim().replace(/\s+/g, ' ').slice(0, 100),
      },
      site,
    );
    if (!found) return;
    // Where the page stops a download, to ask for an address first for instance, there was none.
    if (found[0] === 'Content Downloaded') view.setTimeout(guarded(() => event.defaultPrevented || track(...found)));
    else track(...found);
  }

  function submitted({ target: form }) {
    if (isIgnored(form)) return;
    const [id, name, action] = ['id', 'name', 'action'].map((attribute) => form.getAttribute(attribute));
    const properties = formProperties({ id, name, action }, view.location.href, site.server);
    if (!properties) return;
    const email = form.hasAttribute('data-attractor-identify') && emailIn(form);
    if (email) identify({ email });
    track('Form Submitted', properties);
  }

  // While capturing: the page's own handlers may stop an event on its way back up.
  document.addEventListener('click', guarded(clicked), true);
  document.addEventListener('auxclick', guarded(clicked), true);
  document.addEventListener('submit', guarded(submitted), true);
}
