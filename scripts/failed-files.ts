import { writeFileSync } from 'node:fs';
import type { Reporter, TestModule } from 'vitest/node';

/** What failed in a run. */
export interface Failures {
  /** Files of which a test failed, or which failed as a whole. */
  files: { file: string; tests: string[] }[];
  /** Something failed outside of any test: what runs again shows nothing of that. */
  isElsewhere: boolean;
}

/** Writes what failed into the file that `PROSORA_FAILURES` names. */
export default class FailedFiles implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], errors: readonly unknown[]): void {
    const file = process.env['PROSORA_FAILURES'];
    if (!file) return;
    const files = modules.filter((module) => module.state() === 'failed').map(failedIn);
    const failures: Failures = { files, isElsewhere: errors.length > 0 };
    writeFileSync(file, JSON.stringify(failures));
  }
}

function failedIn(module: TestModule): Failures['files'][number] {
  const tests = [...module.children.allTests('failed')].map(({ fullName }) => fullName);
  const { relativeModuleId: file } = module;
  return { file, tests: tests.length > 0 ? tests : ['the file itself'] };
}
