// Sends with @segment/analytics-node and prints the ids of what it sent.

import { Analytics } from '@segment/analytics-node';
import { callsOf, report, target } from './calls.js';

const SDK = 'segment-node';
const { host, key } = target();
const client = new Analytics({ writeKey: key, host, flushAt: 100, maxRetries: 1 });
const errors = [];
client.on('error', (error) => errors.push(error));

function send({ type, ...call }) {
  return new Promise((resolve) => {
    client[type](call, (error, context) => {
      if (error) errors.push(error);
      resolve({ type, messageId: context?.event.messageId });
    });
  });
}

const sent = callsOf(SDK).map(send);
await client.closeAndFlush();
report(SDK, await Promise.all(sent), errors);
