import { type JobState, pendingStates, settledStates } from '@prosora/durable';
import { type Verb, verb } from '@prosora/service';
import { JobsError } from '../errors.ts';
import { pageOfJobs, type QueuedJob, readPosition } from '../store/page.ts';
import { GHOST_FLAGS, type OpenedStore, type Place, withStore } from './place.ts';

const states: readonly string[] = [...pendingStates, ...settledStates];

/** What needs somebody comes first. */
const shownStates: readonly JobState[] = ['dead', 'ambiguous', ...pendingStates];

/** Makes the verb `list`. */
export function listAt(place: Place): Verb {
  return verb({
    help: 'Jobs and callbacks, by default those that are not over or are dead letters',
    flags: {
      ...GHOST_FLAGS,
      state: {
        type: 'string',
        value: 'STATE',
        multiple: true,
        help: `Only in this state: ${states.join(', ')}`,
      },
      queue: { type: 'string', value: 'QUEUE', help: 'Only of this queue, as `status` names it' },
      limit: { type: 'string', value: 'N', help: 'At most so many (default: 100)' },
      after: { type: 'string', value: 'NEXT', help: '`next` of the page before' },
    },
    async run({ flags, show }) {
      const unknown = flags.state.find((state) => !states.includes(state));
      if (unknown !== undefined)
        throw wrong(`"${unknown}" is no state`, `Use ${states.join(', ')}.`);
      const limit = Number(flags.limit ?? 100);
      if (!Number.isInteger(limit) || limit < 1)
        throw wrong('--limit is no number', 'Use 1 or more.');
      const after = flags.after === undefined ? undefined : readPosition(flags.after);
      if (flags.after !== undefined && after === undefined)
        throw wrong('--after is no place in a list', 'Use `next` of the page before.');
      const wanted = flags.state.length > 0 ? flags.state : shownStates;
      const page = await withStore(place, flags, ({ store, queues }) => {
        const chosen = queues.filter(({ name }) => (flags.queue ?? name) === name);
        return pageOfJobs({ store, queues: chosen }, wanted as JobState[], { limit, after });
      });
      show(page, ({ items, next }) => [
        ...items.map(lineOf),
        ...(next === null ? [] : [`There are more: --after ${next}`]),
      ]);
    },
  });
}

/** Makes the verb `show`. */
export function showAt(place: Place): Verb {
  return verb({
    help: 'One job: what it is, its attempts, and why it is where it is',
    args: '<id>',
    flags: GHOST_FLAGS,
    async run({ args: [id = ''], flags, show }) {
      const found = await withStore(place, flags, async (opened) => {
        const queue = await queueOf(opened, id);
        const payload = Buffer.from((await queue.payload(id)) ?? []).toString();
        return {
          queue: queue.name,
          job: await queue.get(id),
          attempts: await queue.attempts(id),
          payload,
        };
      });
      show(found, ({ queue, job, attempts, payload }) => [
        ...(job === undefined ? [] : [lineOf({ ...job, queue })]),
        ...attempts.map(
          ({ attempt, startedAt, endedAt, outcome, reason }) =>
            `  attempt ${attempt}: ${startedAt.toISOString()} to ${endedAt.toISOString()}, ${outcome}${reason ? `: ${reason}` : ''}`,
        ),
        payload,
      ]);
    },
  });
}

/** Makes the verb `replay`. */
export function replayAt(place: Place): Verb {
  return changeAt(place, {
    help: 'Lets jobs run again now, dead letters too',
    done: 'will run again',
    flags: {},
    change: (queue, id) => queue.replay([id]),
  });
}

/** Makes the verb `drop`. */
export function dropAt(place: Place): Verb {
  return changeAt(place, {
    help: 'Takes jobs out for good. A scheduled post comes back with the next boot: unschedule it in Ghost',
    done: 'will not run',
    flags: { reason: { type: 'string', value: 'TEXT', help: 'Why, for `show`' } },
    change: (queue, id, reason) => queue.drop([id], reason ?? 'dropped by a person'),
  });
}

function changeAt(
  place: Place,
  verbs: {
    help: string;
    done: string;
    flags: Record<string, { type: 'string'; value: string; help: string }>;
    change(
      queue: OpenedStore['queues'][number],
      id: string,
      reason: string | undefined,
    ): Promise<string[]>;
  },
): Verb {
  return verb({
    help: verbs.help,
    args: '<id…>',
    flags: { ...GHOST_FLAGS, ...verbs.flags },
    async run({ args, flags, print, show }) {
      const { reason } = flags as { reason?: string };
      const changed = await withStore(place, flags, async (opened) => {
        const ids: string[] = [];
        for (const id of args) {
          const queue = await queueOf(opened, id);
          const done = (await verbs.change(queue, id, reason)).length > 0;
          if (done) ids.push(id);
          print(`${id} ${done ? verbs.done : 'runs at this moment, and was left'}`);
        }
        return ids;
      });
      show({ changed }, () => []);
      return changed.length === args.length ? 0 : 1;
    },
  });
}

async function queueOf({ queues }: OpenedStore, id: string) {
  for (const queue of queues) if (await queue.get(id)) return queue;
  throw wrong(`No job has the id ${id}`, '"prosora-jobs list" has those that wait.', 'JOB_UNKNOWN');
}

function lineOf({ queue, id, state, dueAt, failures, reason }: QueuedJob): string {
  const due = dueAt ? ` ${dueAt.toISOString()}` : '';
  const failed = failures > 0 ? `, failed ${failures} times` : '';
  return `${queue} ${id}: ${state}${due}${failed}${reason ? `: ${reason}` : ''}`;
}

const wrong = (message: string, help: string, code = 'FLAG_INVALID') =>
  new JobsError(code, `${message}.`, { help });
