import express, { type Request, type RequestHandler, Router } from 'express';
import { type Resource, readDatafile } from './datafile.ts';
import { tokenOf } from './events-routes.ts';
import { TinybirdRefusal } from './refusal.ts';
import { type Deployment, liveResources, type Workspace } from './workspace.ts';

const MAX_PROJECT = '10mb';
const PROJECT_FIELD = 'data_project://';

interface Problem {
  filename: string;
  error: string;
}

/** `/v1/deploy` and what belongs to it, as the CLI and the SDK of Tinybird Forward call them. */
export function deployRoutes(workspace: Workspace): Router {
  const { deployments, tokens, random, now, settings } = workspace;
  const router = Router();
  router.use(['/v1', '/v0/tokens'], adminOnly(workspace));

  router.post(
    '/v1/deploy',
    express.raw({ type: () => true, limit: MAX_PROJECT }),
    async (request, response) => {
      const { resources, problems } = await readProject(request);
      const changes = changesBetween(liveResources(workspace), resources);
      const deleted = changes.deleted_datasource_names;
      if (deleted.length > 0 && request.query['allow_destructive_operations'] !== 'true') {
        const error = 'it would be deleted: allow_destructive_operations is not set';
        problems.push(...deleted.map((name) => ({ filename: `${name}.datasource`, error })));
      }
      if (problems.length > 0) {
        return void response.status(400).json({ result: 'failed', errors: problems });
      }
      if (Object.values(changes).every((names) => names.length === 0)) {
        return void response.json({ result: 'no_changes' });
      }
      if (request.query['check'] === 'true') return void response.json({ result: 'success' });
      const deployment: Deployment = {
        id: String(deployments.values().length + 1).padStart(6, '0'),
        created_at: new Date(now()).toISOString(),
        readyAtMs: now() + settings.current.deployMs,
        isPromoted: request.query['auto_promote'] === 'true',
        resources,
      };
      deployments.put(deployment.id, deployment);
      for (const { name } of resources.flatMap((resource) => resource.tokens)) {
        if (tokens.get(name)) continue;
        const token = `p.${Buffer.from(`{"u":"${name}"}`).toString('base64url')}.${random.text(43)}`;
        tokens.put(name, { id: random.text(36), name, token });
      }
      response.json({
        result: 'success',
        deployment: { ...shown(workspace, deployment), ...changes },
      });
    },
  );
  router.get('/v1/deployments', (_request, response) => {
    response.json({ deployments: deployments.values().map((each) => shown(workspace, each)) });
  });
  router.get('/v1/deployments/:id', (request, response) => {
    const deployment = found(workspace, request.params.id);
    response.json({ result: 'success', deployment: shown(workspace, deployment) });
  });
  router.post('/v1/deployments/:id/set-live', (request, response) => {
    deployments.put(request.params.id, {
      ...found(workspace, request.params.id),
      isPromoted: true,
    });
    response.json({ result: 'success' });
  });
  router.delete('/v1/deployments/:id', (request, response) => {
    deployments.delete(found(workspace, request.params.id).id);
    response.json({ result: 'success' });
  });
  router.get('/v1/workspace', (_request, response) => {
    response.json({ id: workspace.id, name: 'sandbox', user_email: 'you@example.com' });
  });
  router.get('/v0/tokens', (_request, response) => {
    const admin = { id: 'admin', name: 'workspace admin token', token: workspace.adminToken };
    response.json({ tokens: [admin, ...tokens.values()] });
  });
  return router;
}

async function readProject(request: Request) {
  const type = request.get('content-type') ?? '';
  const form = await new Response(new Uint8Array(request.body), {
    headers: { 'content-type': type },
  })
    .formData()
    .catch(() => {
      throw new TinybirdRefusal(400, 'The body is no multipart/form-data');
    });
  const resources: Resource[] = [];
  const problems: Problem[] = [];
  for (const file of form.getAll(PROJECT_FIELD)) {
    if (typeof file === 'string') continue;
    try {
      resources.push(readDatafile(file.name, await file.text()));
    } catch (error) {
      problems.push({ filename: file.name, error: (error as Error).message });
    }
  }
  if (resources.length + problems.length === 0) {
    throw new TinybirdRefusal(400, `There is no file in ${PROJECT_FIELD}`);
  }
  return { resources, problems };
}

function changesBetween(before: readonly Resource[], after: readonly Resource[]) {
  const namesOf = (kind: Resource['kind']) => {
    const [old, fresh] = [before, after].map(
      (all) =>
        new Map(all.filter((each) => each.kind === kind).map((each) => [each.name, each.text])),
    ) as [Map<string, string>, Map<string, string>];
    return {
      created: [...fresh.keys()].filter((name) => !old.has(name)),
      changed: [...fresh].flatMap(([name, text]) =>
        old.has(name) && old.get(name) !== text ? [name] : [],
      ),
      deleted: [...old.keys()].filter((name) => !fresh.has(name)),
    };
  };
  const [datasources, pipes] = [namesOf('datasource'), namesOf('pipe')];
  return {
    new_datasource_names: datasources.created,
    changed_datasource_names: datasources.changed,
    deleted_datasource_names: datasources.deleted,
    new_pipe_names: pipes.created,
    changed_pipe_names: pipes.changed,
    deleted_pipe_names: pipes.deleted,
  };
}

function found({ deployments }: Workspace, id: string): Deployment {
  const deployment = deployments.get(id);
  if (deployment) return deployment;
  throw new TinybirdRefusal(404, `Deployment ${id} not found`);
}

function shown({ now }: Workspace, { id, created_at, readyAtMs, isPromoted }: Deployment) {
  const isReady = readyAtMs <= now();
  return {
    id,
    created_at,
    status: isReady ? 'data_ready' : 'creating_schema',
    live: isReady && isPromoted,
    feedback: [],
  };
}

function adminOnly({ adminToken }: Workspace): RequestHandler {
  return (request, _response, next) => {
    if (tokenOf(request) !== adminToken) {
      throw new TinybirdRefusal(403, 'This needs the admin token of the workspace');
    }
    next();
  };
}
