import express, { type Request, type Router } from 'express';
import type { Books } from './books.ts';
import { type Checkouts, payer } from './checkouts.ts';
import { checkoutPage, portalPage } from './page.ts';
import { readParams } from './params.ts';
import { idOf } from './routes.ts';
import type { Subscriptions } from './subscriptions.ts';

/** The pages that people see: checkouts and the customer portal. */
export function createPages(
  books: Books,
  checkouts: Checkouts,
  subscriptions: Subscriptions,
): Router {
  const router = express.Router();
  router.use(express.urlencoded({ extended: true }));

  const show = (request: Request, problem?: string): string => {
    const session = checkouts.get(idOf(request));
    return checkoutPage(session, books.get('checkout.order', session.id), problem);
  };

  router.get('/checkout/:id', (request, response) => void response.send(show(request)));
  router.post('/checkout/:id/pay', (request, response) => {
    const { id, success_url } = checkouts.pay(idOf(request), readParams(payer, request));
    response.redirect(303, success_url.replaceAll('{CHECKOUT_SESSION_ID}', id));
  });
  router.post('/checkout/:id/decline', (request, response) => {
    response.status(402).send(show(request, 'Your card was declined.'));
  });
  router.get('/portal/:id', (request, response) => {
    const session = books.get('billing_portal.session', idOf(request));
    const customer = books.get('customer', session.customer);
    const theirs = subscriptions
      .list()
      .filter((one) => one.customer === customer.id && one.status !== 'canceled');
    response.send(portalPage(session, customer, theirs));
  });
  router.post('/portal/:id/:subscription/:step', (request, response) => {
    const session = books.get('billing_portal.session', idOf(request));
    const { subscription, step } = request.params;
    if (step === 'cancel') subscriptions.cancel(String(subscription));
    else subscriptions.resume(String(subscription));
    response.redirect(303, `/portal/${session.id}`);
  });
  return router;
}
