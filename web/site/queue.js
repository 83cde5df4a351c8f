// Messages wait in the browser until the server has them. All tabs share what waits; one at a time sends it. A message
// in flight when its page goes is sent again by the next page, under its old id: the server counts an id once.

const MOST_MESSAGES = 100;
const MOST_BYTES = 400_000;
const MOST_WAITING = 500;
/** Browsers refuse more than 64 KiB of what may outlive its page. */
const MOST_BYTES_AT_EXIT = 60_000;
const SOON = 100;
const FIRST_WAIT = 1_000;
const LONGEST_WAIT = 300_000;
const LONGEST_ASKED_WAIT = 3_600_000;
const TIMEOUT = 20_000;

/** Room for what stands around the messages: brackets, the key, `sentAt`. */
const ENVELOPE = 500;
const SENT_AT = 42;

const bytes = (text) => new TextEncoder().encode(text).length;

/** The first entries that fit into one request, [id, text] each. */
export function firstBatch(entries, mostBytes = MOST_BYTES) {
  const batch = [];
  let size = ENVELOPE;
  for (const entry of entries.slice(0, MOST_MESSAGES)) {
    size += bytes(entry[1]) + SENT_AT;
    if (size > mostBytes) break;
    batch.push(entry);
  }
  return batch;
}

/** The body of a request. Each message is JSON text already, and says when it was sent. */
export function envelope(texts, writeKey, sentAt) {
  const messages = texts.map((text) => `${text.slice(0, -1)},"sentAt":"${sentAt}"}`);
  return `{"batch":[${messages.join(',')}],"sentAt":"${sentAt}","writeKey":${JSON.stringify(writeKey)}}`;
}

/** Milliseconds until the next try; `chance` in 0..1 keeps the visitors of a site from coming back all at once. */
export function backOff(tries, chance) {
  return Math.min(FIRST_WAIT * 2 ** tries, LONGEST_WAIT) * (0.5 + chance / 2);
}

/** What a Retry-After header asks for, in milliseconds; 0 where it asks nothing. */
export function askedWait(header, now) {
  if (!header) return 0;
  const wait = /^\d+$/.test(header) ? header * 1000 : Date.parse(header) - now;
  return wait > 0 ? Math.min(wait, LONGEST_ASKED_WAIT) : 0;
}

const isWorthRetrying = (status) => status === 408 || status === 429 || status >= 500;

function isJson(text) {
  try {
    return typeof JSON.parse(text) === 'object';
  } catch {
    return false;
  }
}

/**
 * @param {Window} view the page's window
 * @param device where messages wait, see device.js
 * @param {string} url where batches go
 * @param {string} writeKey the site's public key
 * @param {(text: string) => void} warn says to the developer what went wrong
 */
export function openQueue(view, device, url, writeKey, warn) {
  const mine = new Set();
  let inFlight = [];
  let isSending = false;
  let tries = 0;
  let count = 0;
  let timer;
  let due = Infinity;
  let notBefore = 0;

  const now = () => Date.now();
  const body = (batch) => envelope(batch.map(([, text]) => text), writeKey, new Date().toISOString());

  /** The instant before which nothing is sent: this page's back-off, or the pause that the server asked any page for. */
  function earliest() {
    const asked = Number(device.get('wait')) || 0;
    return Math.max(notBefore, asked <= now() + LONGEST_ASKED_WAIT ? asked : 0);
  }

  function later(wait) {
    const at = Math.max(now() + wait, earliest());
    if (at >= due) return;
    view.clearTimeout(timer);
    due = at;
    timer = view.setTimeout(send, at - now());
  }

  function forget(batch) {
    for (const [id] of batch) {
      device.dequeue(id);
      mine.delete(id);
    }
  }

  function waiting() {
    const entries = device.queued();
    forget(entries.filter(([, text]) => !isJson(text)));
    return entries.filter(([, text]) => isJson(text));
  }

  async function answerTo(batch) {
    const text = body(batch);
    const keepalive = bytes(text) < MOST_BYTES_AT_EXIT;
    const signal = AbortSignal.timeout?.(TIMEOUT);
    try {
      return await view.fetch(url, { method: 'POST', body: text, keepalive, signal, credentials: 'omit' });
    } catch {
      return undefined;
    }
  }

  function retry(answer) {
    const asked = askedWait(answer?.headers.get('retry-after'), now());
    if (asked) device.note('wait', String(now() + asked));
    else notBefore = now() + backOff(tries, Math.random());
    tries += 1;
  }

  /** Sends what waits, batch after batch, until nothing does or a try fails. */
  async function drain() {
    for (;;) {
      const batch = firstBatch(waiting());
      if (!batch.length) return true;
      inFlight = batch.map(([id]) => id);
      const answer = await answerTo(batch);
      inFlight = [];
      if (!answer || isWorthRetrying(answer.status)) {
        retry(answer);
        return false;
      }
      if (!answer.ok) warn(`${url} answers ${answer.status}; ${batch.length} messages are lost`);
      forget(batch);
      tries = 0;
    }
  }

  /** Does `work` while no other tab does. Without locks two tabs may send the same; the ids make it harmless. */
  function alone(work) {
    const locked = view.navigator.locks?.request('attractor', work);
    return locked ? locked.catch(work) : work();
  }

  async function send() {
    due = Infinity;
    if (isSending || earliest() > now()) return later(SOON);
    isSending = true;
    const isDone = await alone(drain);
    isSending = false;
    if (!isDone) later(0);
    return undefined;
  }

  function add(message) {
    const text = JSON.stringify(message);
    if (firstBatch([['', text]]).length === 0) {
      warn(`a message of ${text.length} characters is too long to be sent`);
      return;
    }
    count += 1;
    const id = `${now().toString(36).padStart(9, '0')}_${String(count).padStart(6, '0')}_${message.messageId}`;
    mine.add(id);
    device.queue(id, text);
    const entries = device.queued();
    forget(entries.slice(0, Math.max(0, entries.length - MOST_WAITING)));
    later(SOON);
  }

  /** The page goes: hands this page's messages to the browser. They wait all the same, as no answer will be heard. */
  function leave() {
    let left = waiting().filter((entry) => mine.has(entry[0]) && !inFlight.includes(entry[0]));
    left = left.filter((entry) => firstBatch([entry], MOST_BYTES_AT_EXIT).length);
    while (left.length) {
      const batch = firstBatch(left, MOST_BYTES_AT_EXIT);
      if (!view.navigator.sendBeacon?.(url, body(batch))) return;
      left = left.slice(batch.length);
    }
  }

  /** The network is back. A server that asked for a pause still gets it. */
  function wake() {
    notBefore = 0;
    view.clearTimeout(timer);
    due = Infinity;
    later(0);
  }

  function clear() {
    forget(device.queued());
    device.remove('wait');
  }

  return { add, leave, wake, clear };
}
