import express, { type Request, type Router } from 'express';
import * as z from 'zod';
import { type Checkouts, payer } from './checkouts.ts';
import { type Account, refundCharge } from './payments.ts';
import { notImplemented } from './refusal.ts';
import { idOf } from './routes.ts';
import type { Subscriptions } from './subscriptions.ts';

/** What time and people do at Stripe, on command. */
export interface Control {
  account: Account;
  checkouts: Checkouts;
  subscriptions: Subscriptions;
}

const planChange = z.object({ price: z.string() });

/** The steps of a subscription's life by the names they have in URLs. */
const STEPS = {
  renew: ({ subscriptions }, id) => subscriptions.renew(id),
  'fail-payment': ({ subscriptions }, id) => subscriptions.failPayment(id),
  recover: ({ subscriptions }, id) => subscriptions.recover(id),
  cancel: ({ subscriptions }, id) => subscriptions.cancel(id),
  resume: ({ subscriptions }, id) => subscriptions.resume(id),
  'cancel-now': ({ subscriptions }, id) => subscriptions.cancelNow(id),
  'change-plan': ({ subscriptions }, id, body) =>
    subscriptions.changePlan(id, planChange.parse(body).price),
} satisfies Record<string, (control: Control, id: string, body: unknown) => object>;

/** The steps, for whoever shows them. */
export const subscriptionSteps = Object.keys(STEPS) as (keyof typeof STEPS)[];

/**
 * What the dashboard is for, as routes: `POST subscriptions/:id/<step>`, `checkouts/:id/pay`,
 * `checkouts/:id/expire`, `charges/:id/refund`, `events/:id/resend`. Programs get the object as it is
 * then, people go back to the page they came from.
 */
export function createDashboard(control: Control): Router {
  const { account, checkouts } = control;
  const router = express.Router();
  router.use(express.json(), express.urlencoded({ extended: true }));
  const on = (path: string, act: (request: Request) => object): void => {
    router.post(path, (request, response) => {
      const result = act(request);
      if (request.accepts('html', 'json') === 'json') response.json(result);
      else response.redirect(303, request.get('referer') ?? '/');
    });
  };
  on('/subscriptions/:id/:step', (request) => {
    const name = String(request.params['step']);
    if (!Object.hasOwn(STEPS, name)) throw notImplemented(`the step ${name}`);
    return STEPS[name as keyof typeof STEPS](control, idOf(request), request.body);
  });
  on('/checkouts/:id/pay', (request) =>
    checkouts.pay(idOf(request), payer.parse(request.body ?? {})),
  );
  on('/checkouts/:id/expire', (request) => checkouts.expire(idOf(request)));
  on('/charges/:id/refund', (request) => refundCharge(account, idOf(request)));
  on('/events/:id/resend', (request) => account.webhooks.resend(idOf(request)));
  return router;
}
