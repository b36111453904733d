import { type Request, type Response, Router } from 'express';
import * as z from 'zod';
import { type Account, assertZone, authorize, type Rule, succeed } from './account.ts';
import { parseExpression } from './expression.ts';
import { CloudflareRefusal } from './refusal.ts';

/** Zone settings and what a new zone has: https://developers.cloudflare.com/api/resources/zones/subresources/settings/ */
const ZONE_SETTINGS: Readonly<Record<string, { initial: unknown; values: readonly unknown[] }>> = {
  ssl: { initial: 'full', values: ['off', 'flexible', 'full', 'strict'] },
  rocket_loader: { initial: 'off', values: ['on', 'off'] },
  email_obfuscation: { initial: 'on', values: ['on', 'off'] },
  http3: { initial: 'off', values: ['on', 'off'] },
  always_use_https: { initial: 'off', values: ['on', 'off'] },
  development_mode: { initial: 'off', values: ['on', 'off'] },
};

/** https://www.cloudflare.com/ips/ */
const IPS = {
  ipv4_cidrs:
    '173.245.48.0/20 103.21.244.0/22 103.22.200.0/22 103.31.4.0/22 141.101.64.0/18 108.162.192.0/18 190.93.240.0/20 188.114.96.0/20 197.234.240.0/22 198.41.128.0/17 162.158.0.0/15 104.16.0.0/13 104.24.0.0/14 172.64.0.0/13 131.0.72.0/22'.split(
      ' ',
    ),
  ipv6_cidrs:
    '2400:cb00::/32 2606:4700::/32 2803:f800::/32 2405:b500::/32 2405:8100::/32 2a06:98c0::/29 2c0f:f248::/32'.split(
      ' ',
    ),
  etag: '38f79d050aa027e3be3865e495dcc9bc',
};

const PHASES: Readonly<Record<string, readonly string[]>> = {
  http_request_cache_settings: ['set_cache_settings'],
  http_response_cache_settings: ['set_cache_settings', 'set_cache_control', 'set_cache_tags'],
};

const MOST_RULES = 10;

const ruleInput = z.looseObject({
  id: z.string().optional(),
  ref: z.string().optional(),
  description: z.string().default(''),
  expression: z.string(),
  action: z.string(),
  action_parameters: z.looseObject({}).optional(),
  enabled: z.boolean().default(true),
});
const recordInput = z.object({
  type: z.enum(['A', 'AAAA', 'CNAME', 'TXT']),
  name: z.string(),
  content: z.string(),
  proxied: z.boolean().default(false),
  ttl: z.number().default(1),
});

/** Tokens, networks, the zone, its settings, records and rules. */
export function zoneRoutes(account: Account): Router {
  const { settings, zoneId, records, rulesets, zoneSettings, newId, now } = account;
  const router = Router();
  const shown = () => {
    const { zone, plan } = settings.current;
    return {
      id: zoneId,
      name: zone,
      status: 'active',
      paused: false,
      type: 'full',
      plan: { id: plan, name: plan, legacy_id: plan },
    };
  };

  router.get('/user/tokens/verify', (request, response) => {
    authorize(account, request);
    succeed(response, { id: zoneId, status: settings.current.tokenStatus });
  });
  // Nobody needs a token to read these.
  router.get('/ips', (_request, response) => succeed(response, IPS));

  router.get('/zones', (request, response) => {
    authorize(account, request, 'Zone Read');
    const { name } = request.query;
    succeed(response, name === undefined || name === settings.current.zone ? [shown()] : []);
  });
  router.get('/zones/:zone', (request, response) => {
    authorize(account, request, 'Zone Read');
    assertZone(account, request);
    succeed(response, shown());
  });

  const settingOf = (name: string) => {
    const setting = ZONE_SETTINGS[name];
    if (setting === undefined)
      throw new CloudflareRefusal(400, 1003, `Undefined zone setting: ${name}`);
    return {
      id: name,
      value: zoneSettings.get(name) ?? setting.initial,
      editable: true,
      values: setting.values,
    };
  };
  const answerSetting = (response: Response, name: string) => {
    const { values: _, ...setting } = settingOf(name);
    succeed(response, setting);
  };
  router
    .route('/zones/:zone/settings/:name')
    .all((request, _response, next) => {
      authorize(account, request, 'Zone Settings Edit');
      assertZone(account, request);
      next();
    })
    .get((request, response) => answerSetting(response, request.params.name))
    .patch((request, response) => {
      const { name } = request.params;
      const { value } = request.body as { value?: unknown };
      if (!settingOf(name).values.includes(value)) {
        throw new CloudflareRefusal(400, 1007, `Invalid value for zone setting ${name}`);
      }
      zoneSettings.put(name, value);
      answerSetting(response, name);
    });
  router
    .route('/zones/:zone/origin_tls_client_auth/settings')
    .all((request, _response, next) => {
      authorize(account, request, 'Zone Settings Edit');
      assertZone(account, request);
      next();
    })
    .get((_request, response) =>
      succeed(response, { enabled: zoneSettings.get('origin_tls_client_auth') ?? false }),
    )
    .put((request, response) => {
      const { enabled } = request.body as { enabled?: unknown };
      zoneSettings.put('origin_tls_client_auth', enabled === true);
      succeed(response, { enabled: enabled === true });
    });

  router
    .route('/zones/:zone/dns_records')
    .get((request, response) => {
      authorize(account, request, 'DNS Read');
      assertZone(account, request);
      const name = request.query['name'] ?? request.query['name.exact'];
      const found = records.values().filter((record) => name === undefined || record.name === name);
      succeed(response, found);
    })
    .post((request, response) => {
      authorize(account, request, 'DNS Edit');
      assertZone(account, request);
      const record = { id: newId(), ...parse(recordInput, request.body) };
      records.put(record.id, record);
      succeed(response, record);
    });

  const phaseOf = (request: Request) => {
    authorize(account, request, 'Cache Rules Edit');
    assertZone(account, request);
    const phase = String(request.params['phase']);
    const actions = PHASES[phase];
    if (actions === undefined) throw new CloudflareRefusal(400, 20009, `unknown phase "${phase}"`);
    return { phase, actions };
  };
  const answerRuleset = (response: Response, phase: string, rules: readonly Rule[]) => {
    const at = new Date(now()).toISOString();
    const withTimes = rules.map((rule) => ({ ...rule, version: '1', last_updated: at }));
    succeed(response, {
      id: zoneId,
      kind: 'zone',
      phase,
      name: 'default',
      version: '1',
      last_updated: at,
      rules: withTimes,
    });
  };
  router
    .route('/zones/:zone/rulesets/phases/:phase/entrypoint')
    .get((request, response) => {
      const { phase } = phaseOf(request);
      const rules = rulesets.get(phase);
      if (rules === undefined) {
        throw new CloudflareRefusal(
          404,
          10003,
          `could not find entrypoint ruleset in the "${phase}" phase`,
        );
      }
      answerRuleset(response, phase, rules);
    })
    .put((request, response) => {
      const { phase, actions } = phaseOf(request);
      const { rules } = parse(
        z.looseObject({ rules: z.array(ruleInput).default([]) }),
        request.body,
      );
      if (rules.length > MOST_RULES)
        throw new CloudflareRefusal(400, 20217, 'exceeded maximum number of rules');
      // A PUT replaces all that was there.
      const written = rules.map(({ id = newId(), ref = id, ...rule }): Rule => {
        if (!actions.includes(rule.action)) {
          throw new CloudflareRefusal(
            400,
            20015,
            `action "${rule.action}" is not allowed in phase "${phase}"`,
          );
        }
        assertExpression(rule.expression);
        const { description, expression, action, action_parameters, enabled } = rule;
        return { id, ref, description, expression, action, action_parameters, enabled };
      });
      if (new Set(written.map(({ ref }) => ref)).size < written.length) {
        throw new CloudflareRefusal(400, 20024, 'rule ref is not unique');
      }
      rulesets.put(phase, written);
      answerRuleset(response, phase, written);
    });
  return router;
}

function parse<Schema extends z.ZodType>(schema: Schema, input: unknown): z.output<Schema> {
  const parsed = schema.safeParse(input);
  if (parsed.success) return parsed.data;
  throw new CloudflareRefusal(
    400,
    6007,
    `Malformed JSON in request body: ${z.prettifyError(parsed.error)}`,
  );
}

function assertExpression(expression: string): void {
  try {
    parseExpression(expression);
  } catch (error) {
    throw new CloudflareRefusal(
      400,
      20127,
      `'${expression}' is not a valid value for expression: ${(error as Error).message}`,
    );
  }
}
