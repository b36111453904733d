import { type Finding, fail, ok, sentenceOf } from '@prosora/service';
import { readSkew, sentenceOfSkew } from '../report/webhook-skew.ts';
import type { OpenedMailStore } from '../store/store.ts';

/** What a person does about a jump. */
const TRUST_CLOCK =
  'Nothing old is removed meanwhile. Set the clock, or if it is right now run "prosora-mail trust-clock".';

/** Whether the machine's clock went on as it should. */
export function checkJump({ guard }: Pick<OpenedMailStore, 'guard'>): Finding {
  const name = 'clock, jumps';
  const doubt = guard.doubt();
  if (doubt === undefined) return ok(name, 'It went on as it should.');
  return fail(name, sentenceOf(doubt), TRUST_CLOCK);
}

/** Whether webhooks are refused for their time. */
export async function checkSkew({ store }: Pick<OpenedMailStore, 'store'>): Promise<Finding> {
  const name = 'clock, webhooks';
  const skew = await readSkew(store);
  if (skew === undefined) return ok(name, 'None is refused for its time.');
  const at = new Date(skew.at).toISOString();
  return fail(name, `${sentenceOfSkew(skew.skewMs)} It was refused at ${at}.`);
}
