// Sends with @rudderstack/rudder-sdk-node and prints the ids of what it sent.

import { randomUUID } from 'node:crypto';
import Analytics from '@rudderstack/rudder-sdk-node';
import { callsOf, report, target } from './calls.js';

const SDK = 'rudder-node';
const BATCH = 100;
const { host, key } = target();
const errors = [];
const note = (error) => error && errors.push(error);
const client = new Analytics(key, { dataPlaneUrl: host, flushAt: BATCH, flushInterval: 60_000, retryCount: 1, errorHandler: note });

// The ids that this SDK makes are seen nowhere but in what it sends, so it is given some.
const calls = callsOf(SDK).map((call) => ({ ...call, messageId: randomUUID() }));
const done = calls.map(({ type, ...call }) => new Promise((resolve) => client[type](call, (error) => resolve(note(error)))));
for (let left = calls.length; left > 0; left -= BATCH) await client.flush().catch(note);
await Promise.all(done);
report(SDK, calls.map(({ type, messageId }) => ({ type, messageId })), errors);
