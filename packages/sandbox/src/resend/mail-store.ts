import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import type { MailContent } from './mail.ts';

/** What last happened to a mail, in Resend's words. */
export type LastEvent =
  | 'queued'
  | 'scheduled'
  | 'canceled'
  | 'sent'
  | 'delivered'
  | 'delivery_delayed'
  | 'opened'
  | 'bounced'
  | 'complained'
  | 'failed'
  | 'suppressed';

/** A mail that was taken. */
export interface StoredMail extends MailContent {
  id: string;
  /** Ms since 1970. */
  createdAt: number;
  lastEvent: LastEvent;
}

/** A mail without its text, for lists. */
export type MailSummary = Pick<
  StoredMail,
  'id' | 'createdAt' | 'lastEvent' | 'from' | 'to' | 'subject' | 'tags' | 'headers'
>;

/** What a call with an idempotency key came to. */
export interface KeptAnswer {
  key: string;
  fingerprint: string;
  body: string;
  /** Ms since 1970. */
  at: number;
}

/** All mails of the team, on disk. */
export interface MailStore {
  /** Takes mails and the answer that is kept under a key, all or nothing. */
  take(mails: readonly StoredMail[], answer?: KeptAnswer): void;
  answer(key: string): KeptAnswer | undefined;
  get(id: string): StoredMail | undefined;
  /** Oldest first. */
  list(): MailSummary[];
  setLastEvent(id: string, event: LastEvent): void;
  setSchedule(id: string, scheduledAt: string | null): void;
  /** Recipients of mails taken since a time. */
  countSince(time: number): number;
  clear(): void;
  close(): void;
}

/**
 * Opens the mails' own file. They are not in the sandbox's collections because a batch and its kept
 * answer must be there together or not at all: that is what an idempotency key promises.
 */
export function openMailStore(dir: string): MailStore {
  const db = new DatabaseSync(join(dir, 'mails.db'));
  db.exec(`
    PRAGMA journal_mode = WAL;
    PRAGMA synchronous = NORMAL;
    CREATE TABLE IF NOT EXISTS mail (
      seq INTEGER PRIMARY KEY,
      id TEXT NOT NULL UNIQUE,
      created_at INTEGER NOT NULL,
      last_event TEXT NOT NULL,
      recipients INTEGER NOT NULL,
      envelope TEXT NOT NULL,
      content TEXT NOT NULL
    );
    CREATE INDEX IF NOT EXISTS mail_by_time ON mail (created_at, recipients);
    CREATE TABLE IF NOT EXISTS answer (
      key TEXT PRIMARY KEY,
      fingerprint TEXT NOT NULL,
      body TEXT NOT NULL,
      at INTEGER NOT NULL
    );
  `);
  const insertMail = db.prepare(
    `INSERT INTO mail (id, created_at, last_event, recipients, envelope, content) VALUES (?, ?, ?, ?, ?, ?)`,
  );
  const insertAnswer = db.prepare(`INSERT OR REPLACE INTO answer VALUES (?, ?, ?, ?)`);
  const selectAnswer = db.prepare(`SELECT * FROM answer WHERE key = ?`);
  const selectMail = db.prepare(`SELECT * FROM mail WHERE id = ?`);
  const selectAll = db.prepare(
    `SELECT id, created_at, last_event, envelope FROM mail ORDER BY seq`,
  );
  const updateEvent = db.prepare(`UPDATE mail SET last_event = ? WHERE id = ?`);
  const updateContent = db.prepare(`UPDATE mail SET content = ? WHERE id = ?`);
  const count = db.prepare(`SELECT SUM(recipients) AS sum FROM mail WHERE created_at > ?`);

  const insert = (mail: StoredMail): void => {
    const { id, createdAt, lastEvent, ...content } = mail;
    const { from, to, subject, tags, headers } = content;
    insertMail.run(
      id,
      createdAt,
      lastEvent,
      to.length,
      JSON.stringify({ from, to, subject, tags, headers }),
      JSON.stringify(content),
    );
  };
  const get = (id: string): StoredMail | undefined => {
    const row = selectMail.get(id);
    return row && { ...JSON.parse(String(row['content'])), ...identity(row) };
  };
  return {
    take(mails, answer) {
      db.exec('BEGIN IMMEDIATE');
      try {
        for (const mail of mails) insert(mail);
        if (answer) insertAnswer.run(answer.key, answer.fingerprint, answer.body, answer.at);
        db.exec('COMMIT');
      } catch (error) {
        db.exec('ROLLBACK');
        throw error;
      }
    },
    answer: (key) => selectAnswer.get(key) as KeptAnswer | undefined,
    get,
    list: () =>
      selectAll.all().map((row) => ({ ...identity(row), ...JSON.parse(String(row['envelope'])) })),
    setLastEvent: (id, event) => void updateEvent.run(event, id),
    setSchedule(id, scheduledAt) {
      const mail = get(id);
      if (mail === undefined) return;
      const { id: _id, createdAt: _createdAt, lastEvent: _lastEvent, ...content } = mail;
      updateContent.run(JSON.stringify({ ...content, scheduled_at: scheduledAt }), id);
    },
    countSince: (time) => Number(count.get(time)?.['sum'] ?? 0),
    clear: () => db.exec('DELETE FROM mail; DELETE FROM answer'),
    close: () => db.close(),
  };
}

function identity(row: Record<string, unknown>) {
  return {
    id: String(row['id']),
    createdAt: Number(row['created_at']),
    lastEvent: row['last_event'] as LastEvent,
  };
}
