// A server in the place of Attractor's: it serves the built script, keeps every request, and answers as it is told.

import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { BUILT } from '../build.js';

const PATIENCE = 15_000;
const ALLOWED = { 'access-control-allow-origin': '*', 'access-control-expose-headers': 'retry-after' };

async function textOf(request) {
  const chunks = [];
  for await (const chunk of request) chunks.push(chunk);
  return Buffer.concat(chunks).toString();
}

export function listen(server) {
  return new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(server.address().port)));
}

export async function openRecorder() {
  const requests = [];
  let answers = [];
  let held = [];
  let isHolding = false;
  let heard = () => {};
  let round = 0;
  let port;
  // Another host than the pages', as in life; a name that browsers trust without TLS. Each round has its own, so that what a
  // closed page still had under way is not taken for what the next one sends.
  const hostOf = (number) => `round-${number}.localhost:${port}`;

  async function record(request, response) {
    const body = await textOf(request);
    if (request.headers.host !== hostOf(round)) return response.writeHead(200, ALLOWED).end('{}');
    const { method, url, headers } = request;
    const answer = answers.shift() ?? { status: 200 };
    requests.push({ method, url, headers, status: answer.status, body: method === 'POST' ? JSON.parse(body) : body, at: Date.now() });
    const reply = () => {
      if (answer.status === 'gone') return request.socket.destroy();
      return response.writeHead(answer.status, { ...ALLOWED, ...answer.headers }).end('{}');
    };
    if (isHolding) held.push(reply);
    else reply();
    heard();
  }

  const server = createServer((request, response) => {
    if (request.method === 'GET' && request.url.endsWith('/attractor.js')) {
      response.writeHead(200, { 'content-type': 'text/javascript', 'cache-control': 'no-store' }).end(readFileSync(BUILT));
    } else record(request, response);
  });
  port = await listen(server);

  /** Every message as it came, doubles too; of those that were accepted unless `all`. */
  function messages({ all = false } = {}) {
    const counted = requests.filter((request) => request.method === 'POST' && (all || request.status === 200));
    // A report of a visit is a request too, and holds no messages.
    return counted.flatMap((request) => request.body.batch ?? []);
  }

  const recorder = {
    port,
    get host() {
      return `http://${hostOf(round)}`;
    },
    requests,
    messages,

    /** The answers to the next requests: {status, headers} each, 'gone' for a connection that breaks. */
    answer: (...next) => (answers = next),

    /** Requests get no answer until released. */
    hold: () => (isHolding = true),
    release() {
      isHolding = false;
      held.splice(0).forEach((reply) => reply());
    },

    /** Waits until what came satisfies a condition, and gives what the condition gave. */
    until(condition, what) {
      return new Promise((resolve, reject) => {
        const timer = setTimeout(() => reject(new Error(`${what} did not come, but ${JSON.stringify(messages({ all: true }), null, 1)}`)), PATIENCE);
        heard = () => {
          const found = condition(messages());
          if (!found) return;
          clearTimeout(timer);
          heard = () => {};
          resolve(found);
        };
        heard();
      });
    },

    /** Waits for a message of this type (or this event) the `nth` time. */
    message(kind, nth = 1) {
      const is = (message) => message.type === kind || message.event === kind;
      return recorder.until((all) => all.filter(is)[nth - 1], `${kind} (${nth})`);
    },

    /** Waits for the report of a visit. */
    report: () => recorder.until(() => requests.find(({ url }) => url === '/t/v'), 'the report of the visit'),

    /** Forgets what came, and no longer hears the pages that are open. */
    forget() {
      round += 1;
      requests.length = 0;
      answers = [];
    },

    close() {
      server.closeAllConnections();
      server.close();
    },
  };
  return recorder;
}
