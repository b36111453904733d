import { Transform, type TransformCallback } from 'node:stream';
import { ProsoraError } from '@prosora/service';

/** What a dump says of itself once it has passed. */
export interface DumpNotes {
  /** Rows by table. */
  rows: Record<string, number>;
  bytes: number;
  /** Where the server's binary log stood; undefined where it keeps none. */
  binlog: { file: string; position: number } | undefined;
}

const NEWLINE = 0x0a;
const QUOTE = 0x27;
const BACKSLASH = 0x5c;
const OPEN = 0x28;
const INSERT = Buffer.from('INSERT INTO `');
const CREATE = Buffer.from('CREATE TABLE `');
const POSITION =
  /^-- CHANGE (?:REPLICATION SOURCE|MASTER) TO (?:SOURCE|MASTER)_LOG_FILE='([^']+)', (?:SOURCE|MASTER)_LOG_POS=(\d+)/;
/** The last line that mysqldump writes, after everything else: https://dev.mysql.com/doc/refman/8.4/en/mysqldump.html */
const END = /^-- Dump completed on /;
/** Of a line that is no row, no more is kept to be looked at. */
const LONGEST_HEAD = 512;

/**
 * Lets a dump of mysqldump's pass and counts its rows, table by table: a statement may hold thousands, and a text in one
 * may hold anything, so it is read as the server reads it. It takes the dump as it is with `--hex-blob`, where
 * apostrophes quote texts alone and a backslash stands before those in them.
 */
export class DumpReader extends Transform {
  private readonly rows: Record<string, number> = {};
  private bytes = 0;
  private binlog: DumpNotes['binlog'];
  private isComplete = false;
  /** The beginning of the present line, until it is known what the line is. */
  private head = '';
  private line: 'unknown' | 'rows' | 'other' = 'unknown';
  private table = '';
  private inText = false;
  /** How many backslashes end what was read so far of a text, where a chunk ends in it. */
  private escapes = 0;

  override _transform(chunk: Buffer, _encoding: string, done: TransformCallback): void {
    this.bytes += chunk.length;
    let at = 0;
    while (at < chunk.length)
      at = this.line === 'rows' ? this.count(chunk, at) : this.look(chunk, at);
    done(null, chunk);
  }

  /**
   * What has passed.
   *
   * @throws ProsoraError `DUMP_INCOMPLETE` without the last line
   */
  notes(): DumpNotes {
    if (this.isComplete || END.test(this.head)) {
      return { rows: this.rows, bytes: this.bytes, binlog: this.binlog };
    }
    throw new ProsoraError(
      'DUMP_INCOMPLETE',
      `The dump of the database ended after ${this.bytes} bytes, without its last line.`,
      { help: '`prosora logs db` may say why.' },
    );
  }

  /** Reads on in a line that holds no rows, or of which that is not known yet. */
  private look(chunk: Buffer, from: number): number {
    const end = chunk.indexOf(NEWLINE, from);
    const to = end < 0 ? chunk.length : end;
    if (this.line === 'unknown') {
      const had = this.head.length;
      this.head += chunk.toString('latin1', from, Math.min(to, from + LONGEST_HEAD - had));
      const table = /^INSERT INTO `((?:[^`]|``)+)` VALUES/.exec(this.head);
      if (table) {
        this.table = nameOf(table[1] ?? '');
        this.rows[this.table] ??= 0;
        this.line = 'rows';
        return from + table[0].length - had;
      }
      const isLong = this.head.length >= LONGEST_HEAD;
      if (isLong && !this.head.startsWith(INSERT.toString())) this.line = 'other';
    }
    if (end < 0) return chunk.length;
    this.endLine();
    return end + 1;
  }

  private endLine(): void {
    if (this.head.startsWith('-- ')) {
      const [, file, position] = POSITION.exec(this.head) ?? [];
      if (file) this.binlog = { file, position: Number(position) };
    } else if (this.head.startsWith(CREATE.toString())) {
      const [, name = ''] = /`((?:[^`]|``)+)`/.exec(this.head) ?? [];
      this.rows[nameOf(name)] ??= 0;
    }
    this.isComplete = END.test(this.head) || (this.isComplete && this.head === '');
    this.head = '';
    this.line = 'unknown';
  }

  /** Counts the rows of a statement, whose line ends outside of any text. */
  private count(chunk: Buffer, from: number): number {
    let rows = 0;
    let at = from;
    while (at < chunk.length) {
      if (this.inText) {
        const quote = chunk.indexOf(QUOTE, at);
        if (quote < 0) {
          this.escapes = escapesBefore(chunk, chunk.length, at, this.escapes);
          at = chunk.length;
        } else {
          this.inText = escapesBefore(chunk, quote, at, this.escapes) % 2 === 1;
          this.escapes = 0;
          at = quote + 1;
        }
        continue;
      }
      const byte = chunk[at++];
      if (byte === QUOTE) this.inText = true;
      else if (byte === OPEN) rows += 1;
      else if (byte === NEWLINE) {
        this.line = 'unknown';
        this.head = '';
        break;
      }
    }
    this.rows[this.table] = (this.rows[this.table] ?? 0) + rows;
    return at;
  }
}

/** How many backslashes stand right before a place; where they reach back to `from`, those of the chunk before too. */
function escapesBefore(chunk: Buffer, place: number, from: number, former: number): number {
  let at = place;
  while (at > from && chunk[at - 1] === BACKSLASH) at -= 1;
  return place - at + (at === from ? former : 0);
}

/** Names are read byte by byte, and a grave accent in one is written twice. */
const nameOf = (name: string): string =>
  Buffer.from(name, 'latin1').toString().replaceAll('``', '`');
