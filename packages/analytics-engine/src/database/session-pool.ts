/** What a pool needs to know of a Session. */
export interface Closable {
  close(): void;
}

/** Sessions that each run one query at a time. */
export interface SessionPool<Session extends Closable> {
  /** Runs `work` on an idle Session, opening one if there is none. */
  run<Result>(work: (session: Session) => Promise<Result>): Promise<Result>;
  close(): void;
}

/**
 * Keeps Sessions open between queries, and never the one that failed: after a query that fails while
 * it writes its answer, chDB 3.4.0 puts the part already written before the next answer of the same
 * Session, so one visitor's numbers would appear in another's.
 */
export function createSessionPool<Session extends Closable>(
  open: () => Session,
): SessionPool<Session> {
  const idle: Session[] = [];
  return {
    async run(work) {
      const session = idle.pop() ?? open();
      try {
        const result = await work(session);
        idle.push(session);
        return result;
      } catch (error) {
        session.close();
        throw error;
      }
    },
    close() {
      for (const session of idle.splice(0)) session.close();
    },
  };
}
