import { type Answer, answerOf } from '../services/answer.ts';
import { NOT_KEPT } from '../services/metrics.ts';
import type { Services } from '../services/services.ts';
import { readCourses, readPastAlerts, readSpeed } from './courses.ts';
import type { LastKnown } from './last-known.ts';

type Asked<Part extends keyof Services> = NonNullable<Services[Part]>;

/** What Ghost's media are, as far as `ops` has found out. */
export type Media = Awaited<ReturnType<typeof askMedia>>;

/** Asks where media are; what is asked for is asked at Cloudinary each time. */
export const askMedia = (ops: Asked<'ops'>) => ops.get('media', {}, { timeoutMs: 60_000 });

/** What every part says of itself; undefined is a part that the site does not have. */
export type Overlook = Awaited<ReturnType<typeof lookOver>>;

/** What was asked of one, once it is there. */
export type AnswerOf<Asked extends keyof Overlook> = Extract<
  Overlook[Asked],
  { problem?: undefined }
>['value'];

/** Asks all parts at once. One that does not answer keeps the others from nothing. */
export async function lookOver(services: Services, media: LastKnown<Media>) {
  const { ops, mail, payments, visits, engine, cdn, metrics } = services;
  const [status, alerts, edge, mails, events, hits, charts, purges, courses, speed, past] =
    await Promise.all([
      ops && answerOf('ops', ops.get('status')),
      ops && answerOf('ops', ops.get('alerts')),
      ops && answerOf('ops', ops.get('edge')),
      mail && answerOf('mail', mail.get('status')),
      payments && answerOf('payments', payments.get('status')),
      visits && answerOf('visits', visits.get('status')),
      engine && answerOf('engine', engine.get('status')),
      cdn && answerOf('cdn', cdn.get('status')),
      metrics && answerOf('metrics', readCourses(metrics)),
      metrics && answerOf('metrics', readSpeed(metrics)),
      metrics && answerOf('metrics', readPastAlerts(metrics)),
    ]);
  return {
    ops: status,
    alerts,
    edge,
    mail: mails,
    payments: events,
    visits: hits,
    engine: charts,
    cdn: purges,
    courses: kept(courses),
    speed: kept(speed),
    past: kept(past),
    media: ops && media.now(),
  };
}

/** Undefined where nothing is measured, as without any store of metrics. */
const kept = <Value>(answer: Answer<Value> | undefined): Answer<Value> | undefined =>
  answer?.problem?.code === NOT_KEPT ? undefined : answer;
