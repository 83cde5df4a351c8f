// What each SDK sends, the same for all: ids begin with the SDK's name, so that their leads do not mix.

import { readFileSync } from 'node:fs';

const text = readFileSync(new URL('messages.json', import.meta.url), 'utf8');

/** The calls of one SDK, in order; timestamps are Dates, as the SDKs want them. */
export function callsOf(sdk) {
  const { calls, many } = JSON.parse(text.replaceAll('SDK', sdk));
  const counted = Array.from({ length: many.count }, (_, n) => ({ ...many.call, properties: { n } }));
  return [...calls, ...counted].map((call) => (call.timestamp ? { ...call, timestamp: new Date(call.timestamp) } : call));
}

/** HOST and KEY of the command line. */
export function target() {
  const [host, key] = process.argv.slice(2);
  if (host && key) return { host, key };
  console.error('usage: node SCRIPT HOST KEY, as in http://127.0.0.1:8080 wk_…');
  return process.exit(2);
}

/** Prints what was sent as one line of JSON, and ends; with 1 where the SDK said of any that it went wrong. */
export function report(sdk, sent, errors) {
  for (const error of errors) console.error(`${sdk}: ${error?.message ?? error?.reason?.message ?? JSON.stringify(error)}`);
  console.log(JSON.stringify({ sdk, sent }));
  process.exit(errors.length ? 1 : 0);
}
