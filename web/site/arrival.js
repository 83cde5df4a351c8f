// A link of an e-mail leads here with a token. It goes out of the address bar at once, so that nobody passes it on, and the
// server is told which visitor came with it.

/** An address without the token, and the token; undefined where there is none. */
export function withoutToken(url) {
  let token;
  const rest = url.replace(/([?&])_a=([^&#]*)(&?)/, (all, first, found, more) => {
    token = found || undefined;
    return more && first;
  });
  return { url: rest, token };
}

/** Takes the token out of the address bar; undefined where no e-mail led here. Must come before anything reads the address. */
export function takeToken() {
  const { url, token } = withoutToken(location.href);
  if (token) history.replaceState(history.state, '', url);
  return token;
}

/**
 * Reports who came, once that may be told of.
 * @param {string} token
 * @param {string} batch where messages go; its neighbour takes reports
 * @param visitor see visitor.js
 */
export function reportVisit(token, batch, visitor) {
  visitor.whenAllowed(() => navigator.sendBeacon(
    new URL('../t/v', batch), JSON.stringify({ token, anonymousId: visitor.id(), seen: 'loaded' })));
}
