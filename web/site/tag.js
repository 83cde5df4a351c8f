// What the script's tag says. Everything a site can choose stands in this file.

/**
 * @param {HTMLScriptElement} script the tag, as it stands in the page
 * @returns the site's choices, or undefined where there is no key
 */
export function readTag(script) {
  const said = script.dataset;
  if (!said.key) return undefined;
  return {
    key: said.key,
    // The script lies at HOST/v1/attractor.js, so its neighbour is right below any path that HOST may have.
    url: said.host ? new URL('/v1/batch', said.host).href : new URL('batch', script.src).href,
    domain: said.domain || '',
    asksConsent: said.consent === 'required',
    heedsSignals: 'respectDnt' in said,
    countsHash: 'hash' in said,
    isManual: said.pages === 'manual',
    aliases: said.global === 'analytics' ? ['analytics'] : [],
  };
}
