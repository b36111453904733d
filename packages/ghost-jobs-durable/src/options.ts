import type { Option, OptionValues } from '@prosora/service/options';
import * as z from 'zod/mini';

/** Ghost's config holds numbers, the environment text. */
const wholeNumber = (minimum: number, unit: string) => {
  const shape = `expected a whole number of ${unit}, ${minimum} or more`;
  return z.pipe(
    z.string().check(z.regex(/^\d+$/, shape)),
    z.pipe(z.transform(Number), z.int(shape).check(z.gte(minimum, shape))),
  );
};

/** Every option of both adapters, once. The block in Ghost's config wins over the environment. */
export const jobsOptions = {
  store: {
    env: 'PROSORA_JOBS_STORE',
    description:
      "Where jobs and schedules are kept: `sqlite` in a file, `mysql` in tables beside Ghost's own, so that a dump of its database holds them too, and `auto` as Ghost keeps its own data.",
    schema: z._default(
      z.enum(['auto', 'sqlite', 'mysql'], 'expected "auto", "sqlite" or "mysql"'),
      'auto',
    ),
    example: 'sqlite',
  },
  file: {
    env: 'PROSORA_JOBS_FILE',
    description: 'The SQLite file. Its disk has to be as safe as that of the database.',
    schema: z.optional(z.string().check(z.regex(/\S/, 'expected the path of a file'))),
    defaultText: "`data/prosora-jobs.db` in Ghost's content folder",
    example: '/var/lib/ghost/content/data/prosora-jobs.db',
  },
  tablePrefix: {
    env: 'PROSORA_JOBS_TABLE_PREFIX',
    description: "Begins the names of the tables in Ghost's MySQL database.",
    schema: z._default(
      z
        .string()
        .check(
          z.regex(/^[a-z][a-z0-9_]{0,23}_$/, 'expected small letters, digits and "_" at the end'),
        ),
      'prosora_',
    ),
  },
  concurrency: {
    env: 'PROSORA_JOBS_CONCURRENCY',
    description:
      'Jobs that run at a time where Ghost declares no number: imports, clean-ups, all that is neither mail nor webmention.',
    schema: z._default(wholeNumber(1, 'jobs'), 3),
    defaultText: '`3`, as in Ghost',
  },
  webmentions: {
    env: 'PROSORA_JOBS_WEBMENTIONS',
    description:
      'Received webmentions that may wait at a time. Strangers send them, so what comes above is refused.',
    schema: z._default(wholeNumber(1, 'webmentions'), 1_000),
  },
  keepDays: {
    env: 'PROSORA_JOBS_KEEP_DAYS',
    description:
      'How long jobs and callbacks that are done stay readable. Dead letters stay for good.',
    schema: z._default(wholeNumber(1, 'days'), 7),
    unit: 'days',
  },
  callbackTimeoutMs: {
    env: 'PROSORA_JOBS_CALLBACK_TIMEOUT_MS',
    description: 'How long Ghost may take to answer the call that publishes a post.',
    schema: z._default(wholeNumber(1_000, 'milliseconds'), 60_000),
    unit: 'ms',
  },
} satisfies Record<string, Option>;

/** The options by the names of the config block, parsed. */
export type JobsOptions = OptionValues<typeof jobsOptions>;
