import { PROGRAMS } from '@prosora/service/programs';
import type { Reporter, TestCase, TestModule, Vitest } from 'vitest/node';

/**
 * Ends a run with `N passed, N failed, N skipped`, which CI reads. Before it one line says for want of what
 * tests were skipped, by the words after "needs" in their names or notes, and which command brings it.
 */
export default class ClosingLine implements Reporter {
  /** With `-t`, what was left out was left out on purpose. */
  #isFiltered = false;

  onInit({ config }: Vitest): void {
    this.#isFiltered = config.testNamePattern !== undefined;
  }

  onTestRunEnd(modules: readonly TestModule[], errors: readonly unknown[]): void {
    const counts = { passed: 0, failed: errors.length, skipped: 0 };
    const wants = new Map<string, number>();
    for (const module of modules) {
      counts.failed += module.errors().length;
      for (const test of module.children.allTests()) {
        const { state } = test.result();
        if (state === 'passed' || state === 'failed') counts[state] += 1;
        else counts.skipped += 1;
        if (state !== 'skipped' || this.#isFiltered || test.options.mode === 'todo') continue;
        const want = wantOf(test);
        if (want) wants.set(want, (wants.get(want) ?? 0) + 1);
        else console.log(`skipped without a reason: ${module.relativeModuleId} > ${test.fullName}`);
      }
    }
    if (wants.size > 0) console.log(wantsLine(wants));
    console.log(`${counts.passed} passed, ${counts.failed} failed, ${counts.skipped} skipped`);
  }
}

function wantOf(test: TestCase): string | undefined {
  const result = test.result();
  const note = result.state === 'skipped' ? result.note : undefined;
  const [, named] = /\bneeds ([^)]+)/.exec(note ?? test.fullName) ?? [];
  return named ?? note;
}

function wantsLine(wants: ReadonlyMap<string, number>): string {
  const list = [...wants].map(([want, count]) => `${want} (${count})`).join(', ');
  const isToBeHad = [...wants.keys()].some((want) =>
    Object.keys(PROGRAMS).some((name) => want.toLowerCase().includes(name)),
  );
  const how = isToBeHad ? ' `npm run programs` installs the programs among these.' : '';
  return `Skipped for want of ${list}.${how}`;
}
