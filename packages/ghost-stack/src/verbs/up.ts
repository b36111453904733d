import { verb } from '@prosora/service';
import { stackOptions } from '../options.ts';
import { assertNotHalfRestored } from '../restore/half-restore.ts';
import { rotateSecrets } from '../services/rotate-secret.ts';
import { bringUp, takeDown } from '../stack/bring-up.ts';
import { cutOffLine, oneAtATime } from '../stack/one-at-a-time.ts';
import { assertNotHalfUpdated } from '../update/update-notes.ts';

export const up = verb({
  help: 'Starts the stack, or takes on what changed, once everything it needs is right',
  needs: stackOptions,
  async run({ options: { dir }, print, show }) {
    return await oneAtATime(dir, 'up', async (unfinished) => {
      if (unfinished) print(cutOffLine(unfinished, /^(up|down|secrets rotate .*)$/));
      assertNotHalfRestored(dir);
      assertNotHalfUpdated(dir);
      const containers = await bringUp(dir, print, unfinished?.command);
      const [, cutOff = ''] = /^secrets rotate (.+)/.exec(unfinished?.command ?? '') ?? [];
      if (cutOff) await rotateSecrets(dir, cutOff.split(' '), print);
      show({ containers }, () => 'The stack is up and healthy.');
      return 0;
    });
  },
});

export const down = verb({
  help: 'Stops the stack; its data stays',
  needs: stackOptions,
  async run({ options: { dir }, show }) {
    await oneAtATime(dir, 'down', () => takeDown(dir));
    show({}, () => 'The stack is down; its data is kept.');
    return 0;
  },
});
