import type { Reporter, TestModule, TestProject } from 'vitest/node';

/** How many files and how many tests are named. */
const FILES = 25;
const TESTS = 25;

/** The time of a file in ms: from its first line to its last hook, and the parts of it. */
interface FileTime {
  name: string;
  project: string;
  total: number;
  imports: number;
  hooks: number;
  tests: number;
}

/**
 * Says where a run's time went: by project, by file, by test. `npm run test:times` adds it to the other reporters.
 *
 * A project's `wall` is from its first file's start to its last file's end, its `files` the sum of all its files:
 * the second over the first is how many ran at once.
 */
export default class TestTimes implements Reporter {
  readonly #walls = new Map<string, { from: number; to: number }>();

  onTestModuleQueued(module: TestModule): void {
    const wall = this.#walls.get(nameOf(module.project));
    if (!wall) this.#walls.set(nameOf(module.project), { from: performance.now(), to: 0 });
  }

  onTestModuleEnd(module: TestModule): void {
    const wall = this.#walls.get(nameOf(module.project));
    if (wall) wall.to = performance.now();
  }

  onTestRunEnd(modules: readonly TestModule[]): void {
    const files = modules.map(timeOf);
    const tests = modules.flatMap((module) =>
      [...module.children.allTests()].map((test) => ({
        name: `${module.relativeModuleId} > ${test.fullName}`,
        ms: test.diagnostic()?.duration ?? 0,
      })),
    );

    console.log('\nSeconds by project');
    line('wall', 'files', 'imports', 'hooks', 'tests', '');
    for (const [project, { from, to }] of this.#walls) {
      const own = files.filter((file) => file.project === project);
      const sum = (part: 'total' | 'imports' | 'hooks' | 'tests') =>
        seconds(own.reduce((ms, file) => ms + file[part], 0));
      const name = `${project} (${own.length} files)`;
      line(seconds(to - from), sum('total'), sum('imports'), sum('hooks'), sum('tests'), name);
    }

    console.log(`\nSeconds by file, the ${FILES} slowest`);
    line('file', 'imports', 'hooks', 'tests', '');
    const slowFiles = files.toSorted((a, b) => b.total - a.total).slice(0, FILES);
    for (const { name, total, ...parts } of slowFiles) {
      line(
        seconds(total),
        seconds(parts.imports),
        seconds(parts.hooks),
        seconds(parts.tests),
        name,
      );
    }

    console.log(`\nSeconds by test, the ${TESTS} slowest`);
    const slowTests = tests.toSorted((a, b) => b.ms - a.ms).slice(0, TESTS);
    for (const { name, ms } of slowTests) line(seconds(ms), name);
    console.log('');
  }
}

/** Tests of a file that run beside each other may add up to more than the file: hooks are then 0. */
function timeOf(module: TestModule): FileTime {
  const { duration, collectDuration, setupDuration, prepareDuration, environmentSetupDuration } =
    module.diagnostic();
  const imports = collectDuration + setupDuration + prepareDuration + environmentSetupDuration;
  const tests = [...module.children.allTests()].reduce(
    (ms, test) => ms + (test.diagnostic()?.duration ?? 0),
    0,
  );
  return {
    name: module.relativeModuleId,
    project: nameOf(module.project),
    total: imports + duration,
    imports,
    hooks: Math.max(0, duration - tests),
    tests,
  };
}

const nameOf = (project: TestProject) => project.name;
const seconds = (ms: number) => (ms / 1000).toFixed(1);

/** Figures flush right, the name last. */
function line(...cells: string[]): void {
  const [name = '', ...figures] = cells.toReversed();
  console.log(
    `${figures
      .toReversed()
      .map((cell) => cell.padStart(8))
      .join('')}  ${name}`.trimEnd(),
  );
}
