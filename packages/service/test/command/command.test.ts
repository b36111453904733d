import { expect, test } from 'vitest';
import * as z from 'zod';
import {
  type Command,
  defineCommand,
  doctorVerb,
  fail,
  type Options,
  ok,
  pick,
  runCommand,
  UsageError,
  verb,
} from '../../src/index.ts';

const options = {
  key: { env: 'EXAMPLE_KEY', description: 'The key.', schema: z.string().min(1), secret: true },
  folder: { env: 'EXAMPLE_DIR', description: 'The folder.', schema: z.string().default('./data') },
} satisfies Options;

async function* numbers(count: number) {
  for (let at = 0; at < count; at++) yield at;
}

const example = defineCommand({
  name: 'prosora-example',
  version: '1.2.3',
  about: 'An example.',
  options,
  verbs: {
    serve: verb({ help: 'Serves', needs: options, run: ({ options: { key } }) => key.length }),
    status: verb({
      help: 'Says how it is',
      args: '[id]',
      flags: {
        watch: { type: 'boolean', help: 'Go on' },
        since: { type: 'string', value: 'TIME', help: 'From when' },
        tag: { type: 'string', multiple: true, help: 'Which' },
      },
      needs: pick(options, 'folder'),
      run({ args, flags, options: { folder }, print, show }) {
        print('looking');
        show({ args, ...flags, folder }, (result) => [`folder ${result.folder}`]);
      },
    }),
    replay: verb({
      help: 'Tries again',
      args: '<id>…',
      run({ args, print }) {
        print(args.join('+'));
      },
    }),
    doctor: doctorVerb({
      help: 'Looks',
      *examine() {
        yield ok('disk', 'It can be written.');
        yield fail('key', 'It is refused.', 'Check EXAMPLE_KEY.');
      },
    }),
    list: verb({
      help: 'Lists',
      args: '[count]',
      async run({ args: [count = '0'], showEach }) {
        await showEach(numbers(Number(count)), (at) => `number ${at}`);
      },
    }),
    wrong: verb({
      help: 'Fails',
      run() {
        throw new UsageError('Say which.', 'For example 7.');
      },
    }),
  },
});

async function run(
  words: string[],
  env: Record<string, string> = {},
  command: Command = example,
  node = '24.0.0',
) {
  const written = { out: '', err: '' };
  const code = await runCommand(command, words, {
    env,
    stdout: { write: (text) => (written.out += text) },
    stderr: { write: (text) => (written.err += text) },
    versions: { node },
  });
  return { code, ...written };
}

test('without a verb it serves, with every option', async () => {
  expect((await run([], { EXAMPLE_KEY: 'abc' })).code).toBe(3);
  expect(await run([])).toMatchObject({ code: 1, err: expect.stringContaining('EXAMPLE_KEY') });
});

test('a verb reads its own options only, and its flags have their types', async () => {
  expect(await run(['status'])).toEqual({ code: 0, out: 'looking\nfolder ./data\n', err: '' });
  const words = ['status', 'x', '--watch', '--tag', 'a', '--tag', 'b', '--json'];
  const { out } = await run(words, { EXAMPLE_DIR: '/d' });
  expect(JSON.parse(out)).toEqual({
    args: ['x'],
    watch: true,
    tag: ['a', 'b'],
    folder: '/d',
    json: true,
    help: false,
  });
});

test('a list is printed as it comes, and with --json is one list', async () => {
  expect((await run(['list', '3'])).out).toBe('number 0\nnumber 1\nnumber 2\n');
  for (const count of [0, 1, 3]) {
    const { out } = await run(['list', `${count}`, '--json']);
    expect(JSON.parse(out)).toEqual([0, 1, 2].slice(0, count));
    expect(out).toMatch(/\]\n$/);
  }
});

test('an unknown verb is an error with a suggestion, and the exit code is 2', async () => {
  expect(await run(['statsu'])).toEqual({
    code: 2,
    out: '',
    err: 'prosora-example has no verb "statsu". Did you mean "status"? `prosora-example help` lists all.\n',
  });
  expect((await run(['toString'])).err).toBe(
    'prosora-example has no verb "toString". `prosora-example help` lists all.\n',
  );
});

test('an unknown flag is an error with a suggestion', async () => {
  expect(await run(['status', '--wacth'])).toMatchObject({
    code: 2,
    err: '`prosora-example status` has no flag --wacth. Did you mean "--watch"? `prosora-example status --help` lists all.\n',
  });
});

test('too many words or too few are an error that shows the usage', async () => {
  expect(await run(['replay'])).toMatchObject({
    code: 2,
    err: '`prosora-example replay` needs more words. Usage: prosora-example replay <id>…\n',
  });
  expect(await run(['replay', '1', '2', '3'])).toMatchObject({ code: 0, out: '1+2+3\n' });
  expect(await run(['status', '1', '2'])).toMatchObject({ code: 2 });
});

test('no line of a help is longer than 100 columns', async () => {
  const words = 'Some words. '.repeat(20).trim();
  const wordy = defineCommand({
    name: 'prosora-wordy',
    version: '1.2.3',
    about: 'An example.',
    options: { key: { ...options.key, description: words, defaultText: words } },
    verbs: { look: verb({ help: words, needs: options, run() {} }) },
  });
  const { out } = await run(['--help'], {}, wordy);
  expect(out.split('\n').filter((line) => line.length > 100)).toEqual([]);
  expect(out.replace(/\s+/g, ' ').split(words)).toHaveLength(4);
});

test('help shows every verb and every variable with its default', async () => {
  for (const words of [['help'], ['--help'], ['-h']]) {
    const { code, out } = await run(words);
    expect(code).toBe(0);
    expect(out).toContain('  serve         Serves (the default)\n');
    expect(out).toContain('  EXAMPLE_KEY (required)\n      The key. Secret.\n');
    expect(out).toContain('  EXAMPLE_DIR (./data)\n');
  }
});

test('the help of a verb shows its flags and only what it reads', async () => {
  const { out } = await run(['status', '--help']);
  expect(out).toContain('--since TIME  From when\n');
  expect(out).toContain('EXAMPLE_DIR');
  expect(out).not.toContain('EXAMPLE_KEY');
  expect((await run(['help', 'status'])).out).toBe(out);
});

test('a command that does not serve wants its verb first', async () => {
  const { serve, ...verbs } = example.verbs;
  const command = { ...example, verbs };
  expect(await run(['--watch', 'status'], {}, command)).toMatchObject({
    code: 2,
    err: 'Name a verb before --watch. `prosora-example help` lists all.\n',
  });
  expect(await run([], {}, command)).toMatchObject({ code: 2, err: '' });
});

test('a command says which Node it needs, which is its own to name', async () => {
  const onNode = (node: string, oldestNode?: number) =>
    run(['doctor'], {}, { ...example, ...(oldestNode && { oldestNode }) }, node);
  expect(await onNode('22.23.3')).toMatchObject({
    code: 1,
    err: 'prosora-example needs Node 24; this is Node 22.23.3.\n',
  });
  expect((await onNode('22.23.3', 22)).out).toContain('✔ disk');
  expect((await onNode('20.1.0', 22)).err).toBe(
    'prosora-example needs Node 22; this is Node 20.1.0.\n',
  );
});

test('the version is that of the package', async () => {
  expect(await run(['--version'])).toMatchObject({ code: 0, out: '1.2.3\n' });
});

test('a doctor prints each finding and fails when one does', async () => {
  expect(await run(['doctor'])).toMatchObject({
    code: 1,
    out: '✔ disk: It can be written.\n✘ key: It is refused. Check EXAMPLE_KEY.\n',
  });
  expect(JSON.parse((await run(['doctor', '--json'])).out)).toHaveLength(2);
});

test('an error is one line for a person and an object for a program', async () => {
  expect(await run(['wrong'])).toMatchObject({ code: 2, err: 'Say which. For example 7.\n' });
  expect(JSON.parse((await run(['wrong', '--json'])).out)).toEqual({
    error: { code: 'USAGE', message: 'Say which.', help: 'For example 7.' },
  });
});
