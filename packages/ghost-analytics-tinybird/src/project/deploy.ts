import { setTimeout as delay } from 'node:timers/promises';
import * as z from 'zod';
import { CollectorError } from '../errors.ts';
import type { Datafile } from './datafiles.ts';

/** A workspace, and the token that may change it. */
export interface DeployTarget {
  /** Without a slash at its end. */
  url: string;
  token: string;
}

/** How it is deployed. */
export interface DeployOptions {
  /** Only asks whether it would be taken. (Default: false) */
  check?: boolean;
  /** Lets data sources be dropped that the project no longer has. (Default: false) */
  allowDestructive?: boolean;
  /** How long it may take until it is live, in milliseconds. (Default: 10 minutes) */
  deadlineMs?: number;
  /** (Default: 2,000) */
  pollMs?: number;
}

/** What a deployment did. */
export interface Deployed {
  result: 'success' | 'no_changes';
  created: string[];
  changed: string[];
  deleted: string[];
}

const names = z.array(z.string()).default([]);
const deployment = z.object({
  id: z.coerce.string(),
  status: z.string(),
  live: z.boolean().default(false),
  feedback: z
    .array(z.object({ resource: z.string().nullish(), level: z.string(), message: z.string() }))
    .nullish(),
  new_datasource_names: names,
  changed_datasource_names: names,
  deleted_datasource_names: names,
  new_pipe_names: names,
  changed_pipe_names: names,
  deleted_pipe_names: names,
});
const deployAnswer = z.object({
  result: z.enum(['success', 'failed', 'no_changes']),
  deployment: deployment.nullish(),
  error: z.string().optional(),
  errors: z.array(z.object({ filename: z.string().nullish(), error: z.string() })).optional(),
});
type DeployAnswer = z.output<typeof deployAnswer>;
const statusAnswer = z.object({ deployment });
const workspaceAnswer = z.object({ id: z.string() });
const tokensAnswer = z.object({
  tokens: z.array(z.object({ name: z.string(), token: z.string() })),
});

/**
 * Deploys a project to the workspace and waits until it is live: `POST /v1/deploy` as Tinybird's own
 * command calls it (@tinybirdco/sdk, src/api/deploy.ts).
 *
 * @throws CollectorError `DEPLOY_REFUSED` with each file that is wrong, `DEPLOY_FAILED`
 */
export async function deployTo(
  target: DeployTarget,
  files: readonly Datafile[],
  options: DeployOptions = {},
): Promise<Deployed> {
  const form = new FormData();
  for (const { name, text } of files) form.append('data_project://', new Blob([text]), name);
  const query = new URLSearchParams({
    ...(options.check ? { check: 'true' } : { auto_promote: 'true' }),
    ...(options.allowDestructive && { allow_destructive_operations: 'true' }),
  });
  const answer = deployAnswer.parse(
    await ask(target, `/v1/deploy?${query}`, { method: 'POST', body: form }),
  );
  const problems = problemsOf(answer);
  if (answer.result === 'failed' || problems.length > 0) {
    throw new CollectorError(
      'DEPLOY_REFUSED',
      `Tinybird does not take the project:\n${problems.map((line) => `  - ${line}`).join('\n')}`,
    );
  }
  if (answer.deployment) await untilLive(target, answer.deployment.id, options);
  const made = answer.deployment;
  return {
    result: answer.result,
    created: [...(made?.new_datasource_names ?? []), ...(made?.new_pipe_names ?? [])],
    changed: [...(made?.changed_datasource_names ?? []), ...(made?.changed_pipe_names ?? [])],
    deleted: [...(made?.deleted_datasource_names ?? []), ...(made?.deleted_pipe_names ?? [])],
  };
}

/** What Ghost and the collector have to know of a workspace. */
export interface WorkspaceFacts {
  workspaceId: string;
  /** Of the token that Ghost's datafiles call `tracker`. */
  trackerToken: string;
}

/** Asks a workspace for its id and tokens. @throws CollectorError `DEPLOY_FAILED` */
export async function readWorkspace(target: DeployTarget): Promise<WorkspaceFacts> {
  const { id } = workspaceAnswer.parse(await ask(target, '/v1/workspace'));
  const { tokens } = tokensAnswer.parse(await ask(target, '/v0/tokens'));
  const trackerToken = tokens.find(({ name }) => name === 'tracker')?.token;
  if (trackerToken !== undefined) return { workspaceId: id, trackerToken };
  throw new CollectorError('DEPLOY_FAILED', 'The workspace has no token named tracker.', {
    help: "Ghost's datafile analytics_events makes it: look into GHOST_DIR and at Tinybird's list of tokens.",
  });
}

async function untilLive(
  target: DeployTarget,
  id: string,
  { deadlineMs = 600_000, pollMs = 2_000 }: DeployOptions,
): Promise<void> {
  const endsAt = Date.now() + deadlineMs;
  for (;;) {
    const { deployment: now } = statusAnswer.parse(await ask(target, `/v1/deployments/${id}`));
    if (now.live) return;
    if (['failed', 'deleting', 'deleted'].includes(now.status) || Date.now() > endsAt) {
      const why = problemsOf({ result: 'failed', deployment: now }).join('; ');
      throw new CollectorError(
        'DEPLOY_FAILED',
        `Deployment ${id} is ${now.status} and not live. ${why}`.trim(),
      );
    }
    await delay(pollMs);
  }
}

function problemsOf({ result, error, errors = [], deployment: made }: DeployAnswer): string[] {
  const feedback = (made?.feedback ?? []).filter(({ level }) => level === 'ERROR');
  const told = [
    ...feedback.map(({ resource, message }) => `${resource ?? 'project'}: ${message}`),
    ...errors.map((each) => `${each.filename ?? 'project'}: ${each.error}`),
    ...(error ? [error] : []),
  ];
  return told.length === 0 && result === 'failed' ? ['it gives no reason'] : told;
}

async function ask({ url, token }: DeployTarget, path: string, init: RequestInit = {}) {
  const failed = (why: string, cause?: unknown) =>
    new CollectorError('DEPLOY_FAILED', `${url}${path.split('?')[0]}: ${why}`, {
      help: 'Check TINYBIRD_HOST and TINYBIRD_ADMIN_TOKEN.',
      cause,
    });
  const answer = await fetch(`${url}${path}`, {
    ...init,
    headers: { authorization: `Bearer ${token}` },
    signal: AbortSignal.timeout(60_000),
  }).catch((cause: Error) => {
    throw failed('no answer', cause);
  });
  const text = await answer.text();
  // A project that is refused comes with 4xx and its list of errors.
  const isProject = path.startsWith('/v1/deploy?') && text.includes('"result"');
  if (!answer.ok && !isProject) throw failed(`${answer.status}: ${text.slice(0, 300)}`);
  try {
    return JSON.parse(text) as unknown;
  } catch (cause) {
    throw failed('the answer is no JSON', cause);
  }
}
