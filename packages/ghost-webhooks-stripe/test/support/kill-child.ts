// An inbox that takes and delivers events, and kills itself at a given statement. Run by kill-points.proof.test.ts.
import { appendFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { createWorker } from '@prosora/durable';
import { killAtStatement } from '@prosora/durable/testing';
import { createDeliver } from '../../src/deliver/deliver.ts';
import { createGhost } from '../../src/deliver/ghost.ts';
import { openInbox } from '../../src/inbox/open-inbox.ts';
import { bytesOf } from './events.ts';
import { HOP_SECRET } from './ghost-target.ts';
import { signups } from './stripe-sender.ts';

/** What the process is to do. */
export interface KillPlan {
  file: string;
  /** Gets a line for each event that was acknowledged. */
  journal: string;
  /** Gets a line when its kill point was beyond the last statement. */
  rest: string;
  ghostUrl: string;
  /** Names the customers of this process. */
  run: number;
  customers: number;
  /** SIGKILL before or after this statement; `null` for never: then it ends when all is delivered. */
  kill: { at: number; when: 'before' | 'after' } | null;
}

const plan = JSON.parse(process.argv[2] ?? '') as KillPlan;

const countStatements = killAtStatement(plan.kill);

const inbox = await openInbox({ file: plan.file, livemode: 'any' });
const worker = createWorker({
  queue: inbox.deliveries,
  handle: createDeliver({
    ghost: createGhost({ url: plan.ghostUrl, secrets: [HOP_SECRET] }),
    findEvent: inbox.find,
    attemptsOf: inbox.deliveries.attempts,
    ambiguous: 'retry',
  }),
  leaseMs: 150,
  pollMs: 50,
});

// With objects of its own, or its invoices would be the twins of those of another run.
for (const event of signups(plan.customers, `_${plan.run}`)) {
  const body = bytesOf(event);
  const received = { event, body, signature: '', timestamp: 0, secretId: '', remoteAddress: null };
  await inbox.record(received);
  appendFileSync(plan.journal, `${event.id}\n`);
}
while ((await inbox.deliveries.oldestPending()) !== undefined) await delay(20);
if (plan.kill !== null) {
  appendFileSync(plan.rest, `${countStatements()}\n`);
  process.kill(process.pid, 'SIGKILL');
}
await worker.stop();
await inbox.close();
