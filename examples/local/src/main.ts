import { Listr, type ListrTask } from 'listr2';
import { sentenceFor } from './machine.ts';
import { imageProofs } from './proofs/images.ts';
import { newsletterProofs } from './proofs/newsletter.ts';
import { pageViewProofs } from './proofs/page-views.ts';
import { paymentProofs } from './proofs/payments.ts';
import { publishedProof } from './proofs/published.ts';
import { scheduleProof } from './proofs/schedule.ts';
import { readSettings } from './settings.ts';
import { type Proof, type Site, Unproven } from './site.ts';
import { type Step, stepsTo } from './steps.ts';
import { summaryOf } from './summary.ts';

const site = {} as Site;
/** Closes what runs, in the order it was opened; called from the end. */
const opened: (() => Promise<void>)[] = [];
let stopping = false;

async function main(): Promise<void> {
  const startedAt = performance.now();
  const settings = readSettings(process.argv.slice(2), process.env);
  const list = new Listr(
    [...stepsTo(site, settings, opened).map(taskOfStep), ...proofs().map(taskOfProof)],
    // Ctrl-C is ours: Ghost has to be stopped, not only the list.
    { registerSignalListeners: false, exitOnError: true },
  );
  // The list shows the failure at the step it belongs to, so it is not repeated.
  const completed = await list.run().then(
    () => true,
    () => false,
  );
  if (!completed) return await stop(1);
  const seconds = Math.round((performance.now() - startedAt) / 1000);
  console.log(summaryOf(site, { seconds, staysUp: !settings.exit }));
  if (settings.exit) return await stop(0);
  await site.ghost.exited;
  // A terminal's Ctrl-C reaches Ghost as well as us.
  if (!stopping) throw new Error(`Ghost stopped by itself: ${site.ghost.logFile} says why.`);
}

/** Ghost waits a minute before it reads what became of a newsletter: the others are proven meanwhile. */
function proofs(): Proof[] {
  const [sent, seen] = newsletterProofs();
  return [
    sent,
    ...imageProofs(),
    ...paymentProofs(),
    ...pageViewProofs(),
    publishedProof,
    scheduleProof,
    seen,
  ];
}

function taskOfStep({ title, run }: Step): ListrTask {
  return {
    title,
    async task(_, task) {
      const show = (line: string) => {
        task.output = line;
      };
      await inOneSentence(() => run(show));
    },
  };
}

function taskOfProof({ claim, prove }: Proof): ListrTask {
  return {
    title: claim,
    async task(_, task) {
      try {
        const seen = await inOneSentence(() => prove(site));
        task.title = `${claim}: ${seen}`;
      } catch (error) {
        if (!(error instanceof Unproven) || process.env['CI']) throw error;
        task.skip(`${claim}: not proven, ${error.message}`);
      }
    },
  };
}

async function inOneSentence<Result>(work: () => Promise<Result>): Promise<Result> {
  try {
    return await work();
  } catch (cause) {
    if (cause instanceof Unproven) throw cause;
    throw new Error(sentenceFor(cause), { cause });
  }
}

async function stop(exitCode: number): Promise<void> {
  if (stopping) return;
  stopping = true;
  for (const close of opened.reverse()) await close();
  process.exit(exitCode);
}

for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.on(signal, () => {
    if (!stopping) console.log('\nStopping …');
    stop(0).catch(fail);
  });
}

function fail(error: unknown): void {
  console.error(`\n${sentenceFor(error)}`);
  stop(1).catch(() => process.exit(1));
}

main().catch(fail);
