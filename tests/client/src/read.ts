// A program as somebody would write it: each answer is typed, and nothing is cast.

import createClient from 'openapi-fetch';
import type { components, paths } from '../target/api.js';

type Schemas = components['schemas'];

/** The clauses that fail, each with what is needed and what is there. */
export function clauses(missing: Schemas['MissingItem']): Schemas['MissingClause'][] {
  if ('all' in missing) return missing.all.flatMap(clauses);
  if ('one_of' in missing) return missing.one_of.flatMap(clauses);
  return 'held' in missing ? [] : [missing];
}

function answered<T>(name: string, answer: { data?: T; error?: Schemas['Problem'] }): T {
  if (answer.data === undefined) throw new Error(`${name}: ${answer.error?.detail ?? 'no answer'}`);
  return answer.data;
}

/** Reads a lead with its why, why not and what comes; the segments; a count; a condition; the vocabulary. */
export async function read(host: string, key: string, id: string) {
  const client = createClient<paths>({ baseUrl: host, headers: { authorization: `Bearer ${key}` } });
  const lead = answered('lead', await client.GET('/api/leads/{id}', { params: { path: { id } } }));
  const points: number[] = Object.values(lead.scores).map((score) => score.why.reduce((sum, point) => sum + point.points, 0));
  const why: string[] = Object.values(lead.scores).flatMap((score) => score.why.map((point) => point.event_id ?? point.because ?? ''));
  const whyNot = lead.outside.flatMap((segment) => clauses(segment.missing).map((clause) => ({ segment: segment.name, ...clause })));
  const future: { at: Date; what: string; to: string | null | undefined }[] = lead.ahead.map((one) => ({ at: new Date(one.at), what: one.what, to: one.to_name }));

  const segments = answered('segments', await client.GET('/api/segments')).items.map(({ id, name, people }) => ({ id, name, people }));
  const condition: Schemas['AnyCondition'] = { all: [{ event: 'Demo Requested', within: '30d' }, { not: { segment: 'gone' } }] };
  const wrong = answered('condition', await client.POST('/api/conditions/check', { body: { condition } }));
  const demo: Schemas['AnyCondition'] = { event: 'Demo Requested', within: '30d' };
  const counted = answered('count', await client.POST('/api/segments/count', { body: { condition: demo } }));
  const words = answered('vocabulary', await client.GET('/api/vocabulary', { params: { query: { values: 3 } } }));
  const nobody = await client.GET('/api/leads/{id}', { params: { path: { id: 'nobody' } } });
  return {
    name: lead.name,
    stages: Object.values(lead.stages).map((stage) => `${stage.name}: ${stage.stage_name}`),
    values: Object.values(lead.scores).map((score) => score.value),
    points,
    why,
    whyNot,
    future,
    segments,
    problems: wrong.problems.map((problem) => problem.pointer),
    count: { leads: counted.found.leads, sentence: counted.sentence },
    kinds: words.kinds.filter((kind) => kind.count > 0).map((kind) => kind.kind),
    problem: nobody.error?.status,
  };
}
