import { Transform } from 'node:stream';

const ROTATION = 'Rotate to binlog.';
/** Holds a rotation that two chunks share, however long its number gets. */
const SHARED = 100;

/** Lets what mysqlbinlog prints pass, and hears which file the log goes on with: the last thing in each that was closed. */
export class EndOfLog extends Transform {
  next = '';
  private rest = '';

  override _transform(chunk: Buffer, _encoding: string, done: () => void): void {
    const read = this.rest + chunk.toString('latin1');
    // Each transaction passes here, so nothing is looked for twice.
    const at = read.lastIndexOf(ROTATION);
    if (at >= 0) this.next = /binlog\.\d*/.exec(read.slice(at))?.[0] ?? this.next;
    this.rest = read.slice(-SHARED);
    this.push(chunk);
    done();
  }
}
