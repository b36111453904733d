import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { seededRandom } from '../../packages/service/src/testing/index.ts';
import { batches } from '../engine/corpora.ts';
import type { Site } from './site.ts';

const POSTS = 10_000;
const MEMBERS = 100_000;
const HITS = 1_000_000;
/** A post of 40 kB is in the database three times: as the editor has it, as HTML, as text. */
const PARAGRAPHS = 33;
const ROWS_AT_ONCE = 20;

const MYSQL =
  'MYSQL_PWD="$(cat /run/secrets/db_root_password)" exec mysql -u root --max-allowed-packet=64M -N ghost';
const mysql = (site: Site, statements: Iterable<string>) =>
  site.feed(['exec', '-T', 'db', 'sh', '-c', MYSQL], statements);

const hex = (n: number, digit: string): string => digit + n.toString(16).padStart(23, '0');

/** 1 GB of posts, members, and page views of 90 days. */
export async function fill(site: Site): Promise<void> {
  const owner = ['Harbour Notes', 'Ada', 'ada@example.org', 'nine lanterns on the quay', ''];
  await site.feed(
    ['exec', '-T', 'ghost', 'node', '/opt/prosora/create-owner.mjs'],
    [owner.join('\n')],
  );
  const author = (await mysql(site, ['SELECT id FROM users LIMIT 1;'])).trim();
  await mysql(site, posts(author));
  await mysql(site, members());
  await hits(site);
  await site.compose('restart', 'ghost');
  await site.compose('up', '--detach', '--wait', '--no-recreate');
}

/** An update of every hundredth post, as of a day. */
export async function changeOnePercent(site: Site): Promise<void> {
  await mysql(site, [
    "UPDATE posts SET html = CONCAT(html, '<p>Later: it rained.</p>') WHERE slug LIKE 'post-%00';",
  ]);
}

const WORDS =
  'harbour fog quay grey boat rope tide lamp gull morning evening letter bell stone water wind north nobody market bread salt iron window street ferry captain child song winter light'.split(
    ' ',
  );

function* posts(author: string): Generator<string> {
  const random = seededRandom(1);
  const paragraph = () =>
    Array.from({ length: 200 }, () => WORDS[Math.floor(random() * WORDS.length)]).join(' ');
  for (let first = 0; first < POSTS; first += ROWS_AT_ONCE) {
    const rows: string[] = [];
    const authors: string[] = [];
    for (let n = first; n < first + ROWS_AT_ONCE; n++) {
      const texts = Array.from({ length: PARAGRAPHS }, paragraph);
      const html = texts.map((text) => `<p>${text}</p>`).join('');
      const children = texts.map((text) => ({
        type: 'paragraph',
        version: 1,
        children: [
          { type: 'text', version: 1, text, format: 0, style: '', mode: 'normal', detail: 0 },
        ],
        direction: 'ltr',
        format: '',
        indent: 0,
      }));
      const lexical = JSON.stringify({ root: { type: 'root', version: 1, children } });
      rows.push(
        `('${hex(n, 'a')}','${randomUUID()}','Post number ${n}','post-${n}','${lexical}','${html}','${texts.join('\n')}','published','all',NOW(),NOW(),NOW() - INTERVAL ${n + 1} HOUR)`,
      );
      authors.push(`('${hex(n, 'b')}','${hex(n, 'a')}','${author}',0)`);
    }
    yield `INSERT INTO posts (id,uuid,title,slug,lexical,html,plaintext,status,email_recipient_filter,created_at,updated_at,published_at) VALUES ${rows.join(',')};\n`;
    yield `INSERT INTO posts_authors (id,post_id,author_id,sort_order) VALUES ${authors.join(',')};\n`;
  }
}

function* members(): Generator<string> {
  for (let first = 0; first < MEMBERS; first += 5_000) {
    const rows = Array.from({ length: 5_000 }, (_, of) => {
      const n = first + of;
      return `('${hex(n, 'c')}','${randomUUID()}','${randomUUID()}','reader-${n}@example.org','Reader ${n}',NOW())`;
    });
    yield `INSERT INTO members (id,uuid,transient_id,email,name,created_at) VALUES ${rows.join(',')};\n`;
  }
}

async function hits(site: Site): Promise<void> {
  const secret = ['exec', '-T', 'engine', 'sh', '-c', 'cat "$PROSORA_ENGINE_ADMIN_TOKEN_FILE"'];
  const headers = { authorization: `Bearer ${await site.compose(...secret)}` };
  const url = `http://${await site.addressOf('engine')}:7181/v0/events?name=analytics_events&wait=true`;
  for (const body of batches(1, HITS, 5_000)) {
    for (;;) {
      const answer = await fetch(url, { method: 'POST', headers, body });
      if (answer.ok) break;
      const text = await answer.text();
      if (answer.status !== 503)
        throw new Error(`Page views were answered ${answer.status}. ${text}`);
      await delay(1_000 * Number(answer.headers.get('retry-after') ?? 1));
    }
  }
}
