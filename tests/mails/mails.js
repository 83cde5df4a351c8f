// The e-mails of the playbooks, each in every language and variant, as the program shows them.

import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { serve } from '../served/server.js';

const here = (path) => fileURLToPath(new URL(path, import.meta.url));

/** Every block that a mail may have; the playbooks do not need them all. */
const BLOCKS = readFileSync(here('blocks.json'), 'utf8');
const LANGUAGES = ['en', 'de', 'ar'];

function clientOf(server) {
  const headers = { authorization: `Bearer ${server.key('mails', '--api', 'viewer')}`, 'content-type': 'application/json' };
  return async (path, body) => {
    const answer = await fetch(`${server.host}/api/emails${path}`, { method: body ? 'POST' : 'GET', headers, body: body && JSON.stringify(body) });
    if (!answer.ok) throw new Error(`${path}: ${await answer.text()}`);
    return answer.json();
  };
}

async function ofPlaybook(playbook, ask) {
  const mails = [];
  for (const { id } of (await ask('')).items) {
    for (const { language, variant } of (await ask(`/${id}`)).texts) {
      const { html } = await ask(`/${id}/preview`, { language, variant });
      mails.push({ name: [`${playbook}/${id}`, language, variant].filter(Boolean).join(' '), html });
    }
  }
  return mails;
}

async function ofBlocks(ask) {
  const content = { subject: 'Every block', preheader: 'Nobody sees this in the mail', body: BLOCKS };
  const preview = async (language) => ({ name: `every block ${language}`, html: (await ask('/preview', { language, content })).html });
  return Promise.all(LANGUAGES.map(preview));
}

/** All mails with their names, and the kinds of blocks: those that the program knows, and those that are shown here. */
export async function rendered() {
  const mails = [];
  let kinds;
  for (const playbook of ['starter', 'sample']) {
    const server = await serve();
    try {
      server.ask('apply', here(`../../playbooks/${playbook}`), '--yes');
      const ask = clientOf(server);
      mails.push(...await ofPlaybook(playbook, ask));
      if (kinds) continue;
      kinds = (await ask('/blocks.schema')).$defs.Block.oneOf.map((block) => block.properties.type.const);
      mails.push(...await ofBlocks(ask));
    } finally {
      await server.close();
    }
  }
  return { mails, kinds, shown: JSON.parse(BLOCKS).blocks.map((block) => block.type) };
}
