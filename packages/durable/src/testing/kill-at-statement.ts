import { DatabaseSync } from 'node:sqlite';

/**
 * Ends this process with SIGKILL before or after one of the statements that it runs on SQLite, counted from 1: once for
 * each, a crash has been tried at every point.
 *
 * @param isCounting asked at each statement, for a process whose first ones are no part of the proof
 * @returns how many were counted so far
 */
export function killAtStatement(
  kill: { at: number; when: 'before' | 'after' } | null,
  isCounting: () => boolean = () => true,
): () => number {
  let statements = 0;
  const dieAt = (when: 'before' | 'after') => {
    if (kill?.when === when && statements === kill.at) process.kill(process.pid, 'SIGKILL');
  };
  const prepare = DatabaseSync.prototype.prepare;
  DatabaseSync.prototype.prepare = function (sql) {
    const statement = prepare.call(this, sql);
    for (const method of ['run', 'all'] as const) {
      const original = statement[method].bind(statement) as (...bound: unknown[]) => never;
      statement[method] = (...bound: unknown[]) => {
        if (isCounting()) statements += 1;
        dieAt('before');
        const result = original(...bound);
        dieAt('after');
        return result;
      };
    }
    return statement;
  };
  return () => statements;
}
