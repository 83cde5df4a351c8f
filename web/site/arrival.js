// A link of an e-mail leads here with a token. It goes out of the address bar at once, so that nobody passes it on, and the
// server is told which visitor came with it, and whether the visitor does what people do.

import { guarded } from './guard.js';

const ACTS = ['pointermove', 'touchstart', 'keydown', 'wheel'];

/** An address without the token, and the token; undefined where there is none. */
export function withoutToken(url) {
  const [found, first, token, more] = /([?&])_a=([^&#]*)(&?)/.exec(url.split('#')[0]) || [];
  if (!found) return { url, token: undefined };
  return { url: url.replace(found, more ? first : ''), token: token || undefined };
}

/** Takes the token out of the address bar; undefined where no e-mail led here. Must come before anything reads the address. */
export function takeToken() {
  const { url, token } = withoutToken(location.href);
  if (url !== location.href) history.replaceState(history.state, '', url);
  return token;
}

/**
 * Reports the visit, once it may be told of.
 * @param {string} token
 * @param {string} batch where messages go; its neighbour takes reports
 * @param {(told: (id: string) => void) => void} whenKnown calls back with the visitor's id as soon as that may be told
 */
export function reportVisit(token, batch, whenKnown) {
  const report = (seen) => whenKnown((anonymousId) => {
    const body = JSON.stringify({ token, anonymousId, seen });
    // As text: a browser asks no permission for it first.
    fetch(new URL('../t/v', batch), { method: 'POST', mode: 'no-cors', keepalive: true, body }).catch(() => {});
  });
  report('loaded');
  const acted = guarded(() => {
    ACTS.forEach((name) => removeEventListener(name, acted));
    report('acted');
  });
  ACTS.forEach((name) => addEventListener(name, acted, { passive: true }));
}
