import type { Ghost } from './ghost.ts';
import { type GhostAnswer, rowFor } from './ghost-answers.ts';
import { GHOST_API_VERSION } from './ghost-events.ts';
import type { Inbox } from './inbox.ts';

/** One thing that was looked at. */
export interface Finding {
  ok: boolean;
  /** What was found, and what to do about it, as a sentence. */
  text: string;
}

/** What the doctor looks at. */
export interface DoctorOptions {
  ghost: Ghost;
  /** Opens the inbox for a look at its disk. */
  openInbox: () => Promise<Inbox>;
  ghostUrl: string;
  /** The major version of Node. */
  nodeMajor: number;
}

/** An event of a type that Ghost ignores: it goes the whole way and changes nothing. */
const PROBE = Buffer.from(
  JSON.stringify({
    id: 'evt_prosora_doctor',
    object: 'event',
    type: 'prosora.doctor',
    api_version: GHOST_API_VERSION,
    livemode: false,
    data: { object: {} },
  }),
);

/** Looks at everything the service needs, one finding each. */
export async function examine(options: DoctorOptions): Promise<Finding[]> {
  const { ghost, ghostUrl, nodeMajor } = options;
  return [
    {
      ok: nodeMajor >= 24,
      text: `Node ${nodeMajor}${nodeMajor < 24 ? ': the inbox needs Node 24 or later' : ''}`,
    },
    await examineInbox(options.openInbox),
    examineAnswer(await ghost.post(PROBE), ghostUrl),
  ];
}

async function examineInbox(open: DoctorOptions['openInbox']): Promise<Finding> {
  try {
    await using inbox = await open();
    await inbox.check();
    return { ok: true, text: 'The inbox can be written' };
  } catch (error) {
    return { ok: false, text: `The inbox cannot be written: ${(error as Error).message}` };
  }
}

function examineAnswer(answer: GhostAnswer, url: string): Finding {
  if (answer.kind !== 'status') {
    return { ok: false, text: `Ghost at ${url} does not answer (${answer.reason})` };
  }
  const { verdict, means } = rowFor(answer.status);
  if (verdict === 'done') return { ok: true, text: `Ghost at ${url} takes what we sign` };
  return { ok: false, text: `Ghost at ${url} answers ${answer.status}: ${means}` };
}
