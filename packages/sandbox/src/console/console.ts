import express, { type ErrorRequestHandler, type Express, type Router } from 'express';
import { SandboxError } from '../errors.ts';
import type { FaultRule } from '../stand-in/faults.ts';
import type { StandIn } from '../stand-in/stand-in.ts';
import { consolePage } from './page.ts';

/**
 * The console: a page for people at `/`, and for programs in other processes `GET /vendors`,
 * `POST /reset`, and under each vendor's name `faults` (GET, PUT, DELETE), `settings` (GET, PATCH),
 * `requests` (GET, `?path=` a regular expression) and the vendor's own views.
 */
export function createConsole(standIns: readonly StandIn[], reset: () => Promise<void>): Express {
  const app = express();
  app.disable('x-powered-by').disable('etag');
  app.use(express.json({ strict: true }));
  app.get('/', async (_request, response) => {
    response.send(await consolePage(standIns));
  });
  app.get('/vendors', (_request, response) => {
    response.json(Object.fromEntries(standIns.map((vendor) => [vendor.name, vendor.access()])));
  });
  app.post('/reset', async (_request, response) => {
    await reset();
    response.sendStatus(204);
  });
  for (const standIn of standIns) app.use(`/${standIn.name}`, routesFor(standIn));
  app.use(answerProblem);
  return app;
}

function routesFor({ faults, settings, requests, views }: StandIn): Router {
  const router = express.Router();
  router
    .route('/faults')
    .get((_request, response) => void response.json(faults.list()))
    .put((request, response) => {
      // `set` parses what it is given.
      faults.set(request.body as FaultRule[]);
      response.json(faults.list());
    })
    .delete((_request, response) => {
      faults.clear();
      response.sendStatus(204);
    });
  router
    .route('/settings')
    .get((_request, response) => void response.json(settings.current))
    .patch((request, response) => {
      settings.set(request.body);
      response.json(settings.current);
    });
  router.get('/requests', (request, response) => {
    const { path } = request.query;
    response.json(requests.list(typeof path === 'string' ? compile(path) : undefined));
  });
  for (const [name, view] of Object.entries(views)) {
    router.get(`/${name}`, (_request, response) => void response.json(view()));
  }
  return router;
}

function compile(path: string): RegExp {
  try {
    return new RegExp(path);
  } catch (cause) {
    throw new SandboxError('SANDBOX_INPUT', (cause as Error).message, { cause });
  }
}

const answerProblem: ErrorRequestHandler = (error, _request, response, next) => {
  const { code, type } = error as { code?: string; type?: string };
  const isInput = code === 'SANDBOX_INPUT';
  const isBody = type === 'entity.parse.failed';
  if (!isInput && !isBody) return next(error);
  response
    .status(400)
    .json({ error: { code: 'SANDBOX_INPUT', message: (error as Error).message } });
};
