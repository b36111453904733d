import { Hono } from 'hono';
import { formOf } from '../guard/form.ts';
import type { ConsoleEnv, Room } from '../guard/room.ts';
import { show } from '../guard/show.ts';
import { backupsPage } from './backups-page.ts';
import { drillPage } from './drill-page.ts';
import { findingsPage } from './findings-page.ts';
import { logsPage } from './logs-page.ts';
import { updatePage, updatesPage } from './updates-page.ts';

/** What is done so that the site can be lost: backups, drills, updates, findings and logs. */
export function careRoutes({ services, act }: Room): Hono<ConsoleEnv> {
  const routes = new Hono<ConsoleEnv>();
  const { ops } = services;
  if (ops === undefined) return routes;
  routes.get('/', (c) => show(c, backupsPage(ops, c.get('frame'))));
  routes.get('/drill', (c) => show(c, drillPage(ops, c.req.query('began') ?? '', c.get('frame'))));
  routes.get('/updates', (c) => show(c, updatesPage(ops, c.get('frame'))));
  routes.get('/update', (c) =>
    show(c, updatePage(ops, c.req.query('number') ?? '', c.get('frame'))),
  );
  routes.get('/findings', (c) => show(c, findingsPage(ops, { isWhole: false }, c.get('frame'))));
  // It has vendors asked and files uploaded, which no address may.
  routes.post('/findings', (c) => show(c, findingsPage(ops, { isWhole: true }, c.get('frame'))));
  routes.get('/logs', (c) => {
    const { match: _, ...query } = c.req.query();
    return show(c, logsPage(ops, query, c.get('frame')));
  });
  routes.post('/logs', async (c) => {
    const query = Object.fromEntries(await formOf(c));
    return show(c, logsPage(ops, query, c.get('frame')));
  });
  for (const [job, label, begun] of [
    ['backup', 'Back up now', 'A backup begins'],
    ['drill', 'Drill now', 'A drill begins'],
  ] as const) {
    routes.post(
      `/${job}`,
      act({
        name: `care.${job}`,
        label,
        part: 'ops',
        async run(_, caller) {
          const { isNext } = await ops.post(job, {}, caller);
          return isNext ? `${begun} now.` : `${begun} once what is at work has ended.`;
        },
        back: () => '/care',
      }),
    );
  }
  return routes;
}
