// The draft as a program uses it: an edit, whom it moves, and its publication.

import createClient from 'openapi-fetch';
import type { components, paths } from '../target/api.js';

type Schemas = components['schemas'];

/** What a request is based on: the tag of the answer that it follows. */
function tagged(answer: { response: Response }) {
  return { header: { 'if-match': answer.response.headers.get('etag') ?? '' } };
}

function answered<T>(name: string, answer: { data?: T; error?: Schemas['Problem'] }): T {
  if (answer.data === undefined) throw new Error(`${name}: ${answer.error?.detail ?? 'no answer'}`);
  return answer.data;
}

/** Gives a segment another condition in the draft, sees who moves, and publishes. */
export async function publish(host: string, key: string, segment: string) {
  const client = createClient<paths>({ baseUrl: host, headers: { authorization: `Bearer ${key}` } });
  const before = await client.GET('/api/playbook/draft');
  const empty = answered('draft', before);
  const name = empty.parsed.entries.find((entry) => entry.path === `/segments/${segment}`)?.name;
  const enter: Schemas['AnyCondition'] = { event: 'Demo Requested', within: '30d' };
  const change: Schemas['DraftChange'] = { op: 'set', path: `/segments/${segment}/enter`, value: enter };
  const rename: Schemas['DraftChange'] = { op: 'set', path: `/segments/${segment}/name`, value: 'Asked for a demo' };
  const late = tagged(before);
  const first = await client.POST('/api/playbook/draft/edits', { params: late, body: { changes: [change] } });
  const stale = await client.POST('/api/playbook/draft/edits', { params: late, body: { changes: [rename] } });
  const second = await client.POST('/api/playbook/draft/edits', { params: tagged(first), body: { changes: [rename] } });
  const number = answered('edit', second).edits[1]?.number ?? 0;
  const undone = await client.DELETE('/api/playbook/draft/edits/{number}', { params: { path: { number }, ...tagged(second) } });
  const edits = answered('undo', undone).edits;

  let run = answered('people', await client.GET('/api/playbook/draft/people'));
  while (!run.people.complete) run = answered('people', await client.GET('/api/playbook/dry-run/{id}', { params: { path: { id: run.id } } }));
  const flows = run.people.segments.map((flow) => ({ segment: flow.name, entered: flow.entered.names, left: flow.left.names }));

  const done = answered('publish', await client.POST('/api/playbook/draft/publish', { params: tagged(undone), body: { note: '', enroll: false } }));
  while (!answered('progress', await client.GET('/api/playbook/progress')).complete);
  const members = answered('members', await client.GET('/api/segments/{id}/members', { params: { path: { id: segment } } }));
  const query = { from: done.version - 1, to: done.version };
  const between = answered('differences', await client.GET('/api/playbook/differences', { params: { query } }));
  return {
    name,
    stale: stale.error?.status,
    sentences: edits.flatMap((edit) => edit.differences.map((difference) => difference.sentence)),
    flows,
    version: done.version,
    members: members.items.map((lead) => lead.name),
    between: between.differences.map((difference) => difference.sentence),
  };
}
