import { column, defineDatasource, defineEndpoint, engine, node, p, t } from '@tinybirdco/sdk';

/**
 * What Ghost's Tinybird project lacks. The datafiles beside this file are made from here: a test
 * compares them with what Tinybird's SDK generates.
 */

/** How each event at Stripe changed the monthly recurring revenue; the Stripe inbox writes it. */
export const stripeMrrEvents = defineDatasource('stripe_mrr_events', {
  description: 'Changes of the monthly recurring revenue, by event at Stripe',
  schema: {
    timestamp: column(t.dateTime(), { jsonPath: '$.timestamp' }),
    event_id: column(t.string(), { jsonPath: '$.event_id' }),
    action: column(t.string().lowCardinality(), { jsonPath: '$.action' }),
    subscription_id: column(t.string(), { jsonPath: '$.subscription_id' }),
    customer_id: column(t.string(), { jsonPath: '$.customer_id' }),
    currency: column(t.string().lowCardinality(), { jsonPath: '$.currency' }),
    mrr_delta: column(t.int64(), { jsonPath: '$.mrr_delta' }),
  },
  // An event that comes twice is one.
  engine: engine.replacingMergeTree({ sortingKey: ['subscription_id', 'event_id'] }),
  tokens: [{ name: 'stripe-inbox', permissions: ['APPEND'] }],
});

/** The monthly recurring revenue at the end of each day with a change, by currency. */
export const mrrByDay = defineEndpoint('prosora_mrr_by_day', {
  description: 'Monthly recurring revenue at the end of each day with a change',
  params: {
    date_from: p.date().optional('2013-01-01'),
    date_to: p.date().optional('2100-01-01'),
  },
  nodes: [
    node({
      name: 'changes',
      sql: `SELECT toDate(timestamp) AS day, currency, sum(mrr_delta) AS delta
        FROM stripe_mrr_events FINAL
        GROUP BY day, currency`,
    }),
    node({
      name: 'endpoint',
      sql: `SELECT day, currency, mrr FROM (
          SELECT day, currency, sum(delta) OVER (PARTITION BY currency ORDER BY day) AS mrr
          FROM changes
        )
        WHERE day >= {{Date(date_from, '2013-01-01')}} AND day <= {{Date(date_to, '2100-01-01')}}
        ORDER BY day, currency`,
    }),
  ],
  output: { day: t.date(), currency: t.string(), mrr: t.int64() },
});
