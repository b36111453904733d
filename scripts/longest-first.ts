import { BaseSequencer, type TestSpecification } from 'vitest/node';
import { needsQuiet } from './needs-quiet.ts';

/**
 * Files that take longest, most of it in waiting, by `npm run test:times`: Ghost asks for no e-mail event that is
 * younger than a minute, and a browser opens Ghost Admin a dozen times.
 */
export const LONGEST = [
  'examples/local/test/e2e/start.test.ts',
  'packages/analytics-engine/test/e2e/admin-pages.proof.test.ts',
  'packages/ghost-mail-resend/test/e2e/newsletter.test.ts',
];

/** What comes after those, one project behind the other; each in vitest's own order. */
const PROJECTS = ['unit', 'packages'];

/** Small files with long tests, beside the proofs, which have it in their names: at the end they would run alone. */
export const LONG = [
  'packages/analytics-engine/test/integration/conformance.test.ts',
  'packages/analytics-engine/test/integration/schema/upgrade.test.ts',
  'packages/analytics-engine/test/integration/care/damage.test.ts',
  'packages/analytics-engine/test/integration/ingest/refused-rows.test.ts',
  'packages/ghost-analytics-tinybird/test/integration/hit/fits-views.test.ts',
];

/** What leaves a stack's site full of what was written at random, so that nothing else comes behind. */
export const LEAVES_A_MESS = [
  'examples/ghost-stack/test/stack/pages/shadow.proof.test.ts',
  'examples/ghost-stack/test/stack/loss.proof.test.ts',
  'examples/ghost-stack/test/stack/updates-killed.proof.test.ts',
];

/**
 * Starts what waits longest first, so that nothing has to be waited for at the end, and what computes beside it: the
 * unit tests, which also say soonest what is broken, then the packages, whose files are short and install for long,
 * then what takes long, then the rest. What needs a quiet machine comes last, when nothing runs beside it any more.
 */
export default class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files);
    return sorted.toSorted((a, b) => groupOf(a) - groupOf(b) || turnOf(a) - turnOf(b));
  }
}

const groupOf = ({ project }: TestSpecification) => project.config.sequence.groupOrder;

function turnOf({ moduleId, project }: TestSpecification): number {
  const mess = LEAVES_A_MESS.findIndex((file) => moduleId.endsWith(file));
  if (mess >= 0) return Number.MAX_SAFE_INTEGER - LEAVES_A_MESS.length + mess;
  if (needsQuiet(moduleId)) return Number.MAX_SAFE_INTEGER - LEAVES_A_MESS.length - 1;
  const turn = LONGEST.findIndex((file) => moduleId.endsWith(file));
  if (turn >= 0) return turn;
  const place = PROJECTS.indexOf(project.name);
  if (place >= 0) return LONGEST.length + place;
  return LONGEST.length + PROJECTS.length + (isLong(moduleId, project.name) ? 0 : 1);
}

function isLong(file: string, project: string): boolean {
  // Of the stack's tests one runs at a time.
  if (project.startsWith('stack')) return false;
  return (
    project === 'e2e' || file.endsWith('.proof.test.ts') || LONG.some((name) => file.endsWith(name))
  );
}
