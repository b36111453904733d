import { type Answer, answerOf } from '../services/answer.ts';
import { NOT_KEPT } from '../services/metrics.ts';
import type { Services } from '../services/services.ts';
import { readCourses, readPastAlerts, readSpeed } from './courses.ts';

/** Nobody waits for Cloudinary, which is asked each time, to see that the site is well. */
const MEDIA_FRESH_MS = 10 * 60_000;
const PATIENT = { timeoutMs: 60_000 };

/** What every part says of itself; undefined is a part that the site does not have. */
export type Overlook = Awaited<ReturnType<ReturnType<typeof createLookOver>>>;

/** What was asked of one, once it is there. */
export type AnswerOf<Asked extends keyof Overlook> = Extract<
  Overlook[Asked],
  { problem?: undefined }
>['value'];

/** Asks all parts at once. One that does not answer keeps the others from nothing. */
export function createLookOver({ ops, mail, payments, visits, engine, cdn, metrics }: Services) {
  const media = ops && createLastKnown(() => ops.get('media', {}, PATIENT), MEDIA_FRESH_MS);
  return async () => {
    const answers = await allOf({
      ops: ops && answerOf('ops', ops.get('status')),
      alerts: ops && answerOf('ops', ops.get('alerts')),
      edge: ops && answerOf('ops', ops.get('edge')),
      mail: mail && answerOf('mail', mail.get('status')),
      payments: payments && answerOf('payments', payments.get('status')),
      visits: visits && answerOf('visits', visits.get('status')),
      engine: engine && answerOf('engine', engine.get('status')),
      cdn: cdn && answerOf('cdn', cdn.get('status')),
      courses: metrics && measured(readCourses(metrics)),
      speed: metrics && measured(readSpeed(metrics)),
      past: metrics && measured(readPastAlerts(metrics)),
    });
    return { ...answers, media: media?.() };
  };
}

async function allOf<Asked extends object>(asked: Asked) {
  const answers = Object.entries(asked).map(async ([name, answer]) => [name, await answer]);
  return Object.fromEntries(await Promise.all(answers)) as {
    [Name in keyof Asked]: Awaited<Asked[Name]>;
  };
}

/** Undefined where nothing is measured, as without any store of metrics. */
async function measured<Value>(asked: Promise<Value>): Promise<Answer<Value> | undefined> {
  const answer = await answerOf('metrics', asked);
  return answer.problem?.code === NOT_KEPT ? undefined : answer;
}

/**
 * What takes long to find out, as it was known last; undefined before the first answer. It asks anew when that is old,
 * and does not wait for it; an answer that fails leaves what was known before.
 */
function createLastKnown<Value>(ask: () => Promise<Value>, freshMs: number) {
  let known: Value | undefined;
  let askedAt = Number.NEGATIVE_INFINITY;
  return (): Value | undefined => {
    if (performance.now() - askedAt > freshMs) {
      askedAt = performance.now();
      void ask().then(
        (value) => {
          known = value;
        },
        () => {},
      );
    }
    return known;
  };
}
