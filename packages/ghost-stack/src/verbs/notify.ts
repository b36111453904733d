import { type Finding, fail, findingLine, ok, UsageError, verb } from '@prosora/service';
import { channelsOf } from '../notify/channels.ts';
import type { Message } from '../notify/message.ts';
import { ping } from '../notify/ping.ts';
import { stackOptions } from '../options.ts';
import { effectiveSettings } from '../settings/effective.ts';

export const notify = verb({
  help: 'Sends a test to everyone who is told when something needs a person',
  args: '<test>',
  needs: stackOptions,
  async run({ args, options: { dir }, show }) {
    if (args[0] !== 'test') throw new UsageError('`prosora notify` takes the word "test" alone.');
    const settings = effectiveSettings(dir, process.env);
    const given = Object.fromEntries([...settings].map(([name, { value }]) => [name, value]));
    const site = given['DOMAIN'] || 'the stack';
    const message: Message = {
      title: `A test from ${site}`,
      text: 'If something needs you, you will hear of it here.',
      kind: 'news',
    };
    const ways = channelsOf(given).map(({ name, send }) => ({ name, reach: () => send(message) }));
    const pingUrl = given['NOTIFY_PING_URL'];
    if (pingUrl) ways.push({ name: 'NOTIFY_PING_URL', reach: () => ping(pingUrl) });
    if (ways.length === 0) {
      throw new UsageError('Nobody is told yet.', 'Set one of the NOTIFY_ variables in .env.');
    }
    const findings = await Promise.all(ways.map(({ name, reach }) => reached(name, reach)));
    show(findings, (all) => all.map(findingLine));
    return findings.some(({ status }) => status === 'fail') ? 1 : 0;
  },
});

async function reached(name: string, reach: () => Promise<void>): Promise<Finding> {
  try {
    await reach();
    return ok(name, 'The test was taken.');
  } catch (error) {
    return fail(name, (error as Error).message, 'Look at its value in .env.');
  }
}
