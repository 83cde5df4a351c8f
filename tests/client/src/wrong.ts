// What must not compile: were the types open, nothing here would be an error, and the unused expectation would be one.

import createClient from 'openapi-fetch';
import type { components, paths } from '../target/api.js';

type Schemas = components['schemas'];

// @ts-expect-error: no condition has this key
export const misspelt: Schemas['AnyCondition'] = { evnt: 'Demo Requested' };

// @ts-expect-error: a score is a number
export const text = (lead: Schemas['WholeLead']): string => lead.scores['engagement']!.value;

// @ts-expect-error: a move has no such field
export const gone = (move: Schemas['MoveItem']) => move.subjct;

const client = createClient<paths>({ baseUrl: 'http://127.0.0.1' });

// @ts-expect-error: no such path
export const path = () => client.GET('/api/leeds');

// @ts-expect-error: a note has a text
export const note = () => client.POST('/api/leads/{id}/note', { params: { path: { id: '1' } }, body: {} });
