// Messages wait in the browser until the server has them. A page sends its own, and what waited when it was opened: what
// an earlier page could not send, or not hear the answer to. That may be a second time, under the old id: the server
// counts an id once. What other tabs add meanwhile is theirs.

/** Each waiting message is an entry of its own: two tabs that change one common list would undo each other's work. */
const WAITING = 'q_';
/** The instant before which the server wants to be left alone. */
const PAUSE = 'wait';

const MOST_MESSAGES = 100;
const MOST_BYTES = 400_000;
const MOST_WAITING = 500;
/** Browsers refuse more than 64 KiB of what may outlive its page. */
const MOST_BYTES_AT_EXIT = 60_000;
const SOON = 100;
const FIRST_WAIT = 1_000;
const LONGEST_WAIT = 300_000;
const LONGEST_PAUSE = 3_600_000;
const TIMEOUT = 20_000;

/** Room for what stands around the messages: brackets, the key, `sentAt`; and for what stands around each. */
const ENVELOPE = 500;
const SENT_AT = 42;

const bytes = (text) => new TextEncoder().encode(text).length;

/** The first entries that fit into one request, [name, text] each. */
export function firstBatch(entries, mostBytes = MOST_BYTES) {
  let size = ENVELOPE;
  const tooMuch = ([, text], at) => at >= MOST_MESSAGES || (size += bytes(text) + SENT_AT) > mostBytes;
  const end = entries.findIndex(tooMuch);
  return end < 0 ? entries : entries.slice(0, end);
}

/** The body of a request. Each message is JSON text already, and says when it was sent. */
export function envelope(texts, writeKey, now) {
  const tail = `"sentAt":"${new Date(now).toISOString()}"`;
  const messages = texts.map((text) => `${text.slice(0, -1)},${tail}}`);
  return `{"batch":[${messages}],"writeKey":${JSON.stringify(writeKey)},${tail}}`;
}

/** Milliseconds until the next try; `chance` in 0..1 keeps the visitors of a site from coming back all at once. */
export function backOff(tries, chance) {
  return Math.min(FIRST_WAIT * 2 ** tries, LONGEST_WAIT) * (0.5 + chance / 2);
}

/** What a Retry-After header asks for, in milliseconds; 0 where it asks nothing. */
export function pauseOf(header, now) {
  const wait = /^\d+$/.test(header) ? header * 1000 : Date.parse(header) - now;
  return wait > 0 ? Math.min(wait, LONGEST_PAUSE) : 0;
}

const isWorthRetrying = (status) => status === 408 || status === 429 || status >= 500;

/**
 * @param device where messages wait, see device.js
 * @param {string} url where batches go
 * @param {string} writeKey the site's public key
 * @param {(text: string) => void} warn says to the developer what went wrong
 */
export function openQueue(device, url, writeKey, warn) {
  const stored = () => device.entries(WAITING);
  const mine = new Set(stored().map(([name]) => name));
  let inFlight = [];
  let isSending = false;
  let tries = 0;
  let count = 0;
  let timer;
  let due = Infinity;
  let notBefore = 0;

  const now = () => Date.now();
  const body = (batch) => envelope(batch.map(([, text]) => text), writeKey, now());
  const waiting = () => stored().filter(([name]) => mine.has(name));

  /** How long the server still wants to be left alone, by any page. */
  function pause() {
    const rest = device.get(PAUSE) - now();
    return rest > 0 && rest <= LONGEST_PAUSE ? rest : 0;
  }

  function later(wait) {
    const at = Math.max(now() + Math.max(wait, pause()), notBefore);
    if (at >= due) return;
    clearTimeout(timer);
    due = at;
    timer = setTimeout(send, at - now());
  }

  function forget(batch) {
    for (const [name] of batch) {
      device.erase(name);
      mine.delete(name);
    }
  }

  function retry(answer) {
    const asked = answer ? pauseOf(answer.headers.get('retry-after'), now()) : 0;
    if (asked) device.note(PAUSE, now() + asked);
    else notBefore = now() + backOff(tries, Math.random());
    tries += 1;
  }

  async function answerTo(text) {
    const keepalive = bytes(text) < MOST_BYTES_AT_EXIT;
    const signal = AbortSignal.timeout?.(TIMEOUT);
    try {
      return await fetch(url, { method: 'POST', body: text, keepalive, signal, credentials: 'omit' });
    } catch {
      return undefined;
    }
  }

  /** Sends what waits, batch after batch, until nothing does or a try fails. */
  async function drain() {
    for (let batch; (batch = firstBatch(waiting())).length; ) {
      inFlight = batch.map(([name]) => name);
      const answer = await answerTo(body(batch));
      inFlight = [];
      if (!answer || isWorthRetrying(answer.status)) return retry(answer);
      if (!answer.ok) warn(`${url} answers ${answer.status}; lost: ${batch.length}`);
      forget(batch);
      tries = 0;
    }
  }

  async function send() {
    due = Infinity;
    if (isSending || pause() || notBefore > now()) return later(SOON);
    isSending = true;
    await drain();
    isSending = false;
    if (waiting().length) later(0);
  }

  function add(message) {
    const text = JSON.stringify(message);
    count += 1;
    const name = `${WAITING}${now().toString(36)}_${1e5 + count}_${message.messageId}`;
    if (!firstBatch([[name, text]]).length) return warn(`too long: ${text.length}`);
    mine.add(name);
    device.note(name, text);
    forget(stored().slice(0, -MOST_WAITING));
    later(SOON);
  }

  /** The page goes: hands this page's messages to the browser. They wait all the same, as no answer will be heard. */
  function leave() {
    const fits = (entry) => firstBatch([entry], MOST_BYTES_AT_EXIT).length;
    let left = waiting().filter((entry) => !inFlight.includes(entry[0]) && fits(entry));
    while (left.length && !pause()) {
      const batch = firstBatch(left, MOST_BYTES_AT_EXIT);
      if (!navigator.sendBeacon(url, body(batch))) return;
      left = left.slice(batch.length);
    }
  }

  /** The page begins, or the network is back. A server that asked for a pause still gets it. */
  function wake() {
    notBefore = 0;
    later(0);
  }

  function clear() {
    forget(stored());
    device.erase(PAUSE);
  }

  return { add, leave, wake, clear };
}
