// What mail clients do not support in a mail, by the data of caniemail.com.

import { caniemail, rawData } from 'caniemail';

/** Outlook for Windows up to 2024, which renders with Word. The new one renders as `outlook.outlook-com` does. */
export const WORD = 'outlook.windows';

/** Of Thunderbird, its data on Windows are too few; the engine is the same. */
export const CLIENTS = [
  'apple-mail.ios', 'apple-mail.macos',
  'gmail.android', 'gmail.desktop-webmail', 'gmail.ios', 'gmail.mobile-webmail',
  'gmx.android', 'gmx.desktop-webmail', 'gmx.ios',
  'outlook.android', 'outlook.ios', 'outlook.macos', 'outlook.outlook-com', WORD,
  'samsung-email.android', 'thunderbird.macos',
  'web-de.android', 'web-de.desktop-webmail', 'web-de.ios',
  'yahoo.android', 'yahoo.desktop-webmail', 'yahoo.ios',
];

const byVersion = (a, b) => a.localeCompare(b, 'en', { numeric: true });
const RANKS = 'nuay';
const byRank = (a, b) => RANKS.indexOf(a[0]) - RANKS.indexOf(b[0]);

/** What the newest version supports. Of Outlook, people keep versions for years: the worst since 2007. */
function verdict(client, versions) {
  const known = Object.keys(versions).sort(byVersion);
  if (client !== WORD) return versions[known.at(-1)];
  return known.filter((version) => version >= '2007').map((version) => versions[version]).sort(byRank)[0];
}

const statsOf = (feature, client) => {
  const [family, platform] = client.split('.');
  return [feature.stats[family] ??= {}, platform];
};

// The checker sorts versions as text, which makes Thunderbird 78 newer than 115, and throws where a client has no data. So
// it is left one version of each client to look at; `u` stands for unknown.
for (const feature of rawData.data) {
  for (const client of CLIENTS) {
    const [platforms, platform] = statsOf(feature, client);
    platforms[platform] = { used: verdict(client, platforms[platform] ?? {}) ?? 'u' };
  }
}

/** Whether the client supports the feature, `n` for no, `u` for unknown, `a` for partly, `y` for yes. */
export function support(title, client) {
  const feature = rawData.data.find((one) => one.title === title);
  if (!feature) throw new RangeError(`caniemail knows no feature "${title}"`);
  const [platforms, platform] = statsOf(feature, client);
  return platforms[platform].used[0];
}

/** The HTML as Word reads it: with what is meant for it alone, and without what is hidden from it. */
export const asWordReads = (html) => html
  .replace(/<!--\[if !mso[^\]]*\]><!-->.*?<!--<!\[endif\]-->/gs, '')
  .replace(/<!--\[if lte mso 11\]>.*?<!\[endif\]-->/gs, '')
  .replace(/<!--\[if [^\]]*mso[^\]]*\]>(.*?)<!\[endif\]-->/gs, '$1');

/** The features that some client does not support at all, with these clients. */
export function unsupported(html) {
  const others = CLIENTS.filter((client) => client !== WORD);
  return found([caniemail({ clients: others, html }), caniemail({ clients: [WORD], html: asWordReads(html) })]);
}

/** The same of a style sheet, for some clients. */
export const unsupportedOf = (css, clients) => found([caniemail({ clients, css })]);

function found(results) {
  const features = new Map();
  for (const { issues } of results) {
    for (const [client, errors] of issues.errors) {
      for (const { title } of errors) features.set(title, (features.get(title) ?? new Set()).add(client));
    }
  }
  return features;
}
