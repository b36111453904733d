import { doctorVerb, type OptionValues, pick, verb } from '@prosora/service';
import { openChanges } from '../changes/changes.ts';
import { createCloudflare } from '../cloudflare/api.ts';
import { createZoneFinder } from '../cloudflare/zone.ts';
import { cdnOptions } from '../options.ts';
import { examine } from '../zone/examine.ts';
import { planSetup } from '../zone/setup.ts';
import { createZoneState } from '../zone/zone-state.ts';
import { storeNeeds } from './ask.ts';

const zoneNeeds = pick(cdnOptions, 'siteUrl', 'hosts', 'token', 'zoneId', 'apiUrl');

function zoneOf(options: OptionValues<typeof zoneNeeds>) {
  const cloudflare = createCloudflare(options);
  const { hostname } = new URL(options.siteUrl);
  return { cloudflare, zone: createZoneFinder(cloudflare, hostname, options.zoneId) };
}

/** `doctor`: looks at the store, the zone and what is around it. */
export const doctor = doctorVerb({
  help: 'Looks at the store, the zone, its rules and settings, and the way past Cloudflare',
  needs: { ...storeNeeds, ...zoneNeeds, ...pick(cdnOptions, 'origin', 'believed') },
  async *examine({ options }) {
    await using changes = await openChanges(options);
    yield* examine({ ...options, ...zoneOf(options), changes });
  },
});

/** `setup`: makes the zone as Ghost needs it. */
export const setup = verb({
  help: "Sets the zone's rules and settings as Ghost needs them, and keeps the rules of others",
  flags: {
    'dry-run': { type: 'boolean', help: 'Only say what would be done' },
    'origin-pulls': {
      type: 'boolean',
      help: 'Let Cloudflare show this server a certificate of its own',
    },
  },
  needs: zoneNeeds,
  async run({ options, flags, print, show }) {
    const { cloudflare, zone } = zoneOf(options);
    const { id, name } = await zone();
    const wanted = { ...options, originPulls: flags['origin-pulls'] };
    const steps = await planSetup(createZoneState(cloudflare, id), wanted);
    const done: { name: string; outcome: string }[] = [];
    for (const step of steps) {
      if (!step.isDone) {
        print(`${step.name} of ${name}`);
        for (const line of step.now) print(`  - ${line}`);
        for (const line of step.wanted) print(`  + ${line}`);
      }
      done.push({ name: step.name, outcome: await outcomeOf(step, flags['dry-run']) });
    }
    show(done, () => done.map((step) => `${step.name}: ${step.outcome}`));
    return done.some(({ outcome }) => outcome.startsWith('failed')) ? 1 : 0;
  },
});

async function outcomeOf(
  step: Awaited<ReturnType<typeof planSetup>>[number],
  isRehearsal: boolean,
): Promise<string> {
  if (step.isDone) return 'as it should be';
  if (isRehearsal) return 'would be set';
  const answer = await step.apply();
  return answer.kind === 'done' ? 'set' : `failed: ${answer.reason}`;
}
