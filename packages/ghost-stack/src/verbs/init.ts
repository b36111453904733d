import { type Finding, findingLine, verb } from '@prosora/service';
import {
  type Answers,
  forgetAnswers,
  isSecretAnswer,
  keepAnswers,
  keptAnswers,
  readAnswers,
  settingsIn,
} from '../init/answers.ts';
import { gatherAnswers } from '../init/gather.ts';
import { examineMachine } from '../init/machine.ts';
import { openAdmin } from '../init/owner.ts';
import { person } from '../init/questions.ts';
import { makeSite } from '../init/site.ts';
import { stackOptions } from '../options.ts';
import { assertNotHalfRestored } from '../restore/half-restore.ts';
import { hasProfileIn } from '../settings/effective.ts';
import { readEnvFile } from '../settings/env-file.ts';
import { cutOffLine, oneAtATime } from '../stack/one-at-a-time.ts';
import { assertWell } from '../stack/preflight.ts';

export const init = verb({
  help: 'Installs the stack: asks what it needs, looks at each answer, makes what vendors need, and starts it',
  args: '[NAME=VALUE]…',
  flags: {
    answers: {
      type: 'string',
      value: 'FILE',
      help: 'Answers in place of questions: JSON or lines of NAME=VALUE; - for the standard input',
    },
    profile: {
      type: 'string',
      value: 'NAME',
      help: 'A profile of the stack, kept in .env: sandbox has stand-ins for all vendors',
    },
    trust: {
      type: 'string',
      multiple: true,
      value: 'NAME',
      help: 'Take that answer whatever was found of it from here',
    },
    'dry-run': { type: 'boolean', help: 'Look at everything, and change nothing' },
  },
  needs: stackOptions,
  async run({ args, flags, options: { dir }, print, show }) {
    const { profile, answers: file, trust: trusted } = flags;
    const said = readAnswers(dir, args, file);
    const given = { ...said, ...(profile && { COMPOSE_PROFILES: profile }) };
    // Compose reads it there before it is in `.env`.
    if (given['COMPOSE_PROFILES']) process.env['COMPOSE_PROFILES'] = given['COMPOSE_PROFILES'];
    const isTerminal = process.stdin.isTTY === true && process.stdout.isTTY === true;
    const isAsking = isTerminal && Object.keys(said).length === 0;
    return await oneAtATime(dir, 'init', async (unfinished) => {
      if (unfinished) print(cutOffLine(unfinished, /^(init|up|down)$/));
      assertNotHalfRestored(dir);
      await assertWell(examineMachine(dir), print, ['MACHINE', 'Nothing was changed']);
      const known = { ...keptAnswers(dir), ...given };
      const hasSandbox = hasProfileIn('sandbox', process.env, readEnvFile(dir).values);
      const isOwned = await openAdmin(dir)
        .isOwned()
        .catch(() => false);
      const gathering = { dir, given: known, isAsking, hasSandbox, isOwned, trusted, print };
      const answers = await gatherAnswers(gathering);
      const changes = changesIn(dir, answers);
      for (const line of changes) print(line);
      if (flags['dry-run']) {
        show({ changes }, () => 'Nothing was changed: this was a rehearsal.');
        return 0;
      }
      if (isAsking && !(await person.goesOn())) return 1;
      keepAnswers(dir, answers);
      try {
        const findings: Finding[] = [];
        const who = isAsking ? person : undefined;
        const cutOff = unfinished?.command;
        const making = makeSite({ dir, answers, hasSandbox, person: who, cutOff, print });
        for await (const finding of making) {
          findings.push(finding);
          print(findingLine(finding));
        }
        show({ findings }, () => '`prosora open` says where everything is.');
        return findings.some(({ status }) => status === 'fail') ? 1 : 0;
      } finally {
        forgetAnswers(dir);
      }
    });
  },
});

/** What would change in `.env`, a line each; of a secret only that it does. */
function changesIn(dir: string, answers: Answers): string[] {
  const { values } = readEnvFile(dir);
  const shown = (name: string, value: string) => (isSecretAnswer(name) ? '[redacted]' : value);
  return Object.entries(settingsIn(answers))
    .filter(([name, value]) => (values[name] ?? '') !== value)
    .flatMap(([name, value]) => [
      ...(values[name] ? [`- ${name}=${shown(name, values[name])}`] : []),
      `+ ${name}=${shown(name, value)}`,
    ]);
}
