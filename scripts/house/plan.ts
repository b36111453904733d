/** Which way a part of the house runs, and how far it has come. */
export interface Plan {
  /** The folders of its `src/` in the order of the flow: each may import only those that follow it. */
  flow: readonly string[];
  /** Whether all rules hold. Until then what is missing is told and fails nothing. */
  finished: boolean;
}

/**
 * The plan of the house: every package, and the code beside them.
 *
 * What is finished also leaves the list in `biome.json` of those whose import circles are borne.
 */
export const plan: Record<string, Plan> = {
  'packages/ghost-storage-cloudinary': {
    flow: ['cli', 'edge', 'store', 'serve', 'config', 'cloudinary'],
    finished: true,
  },
  'packages/ghost-jobs-durable': {
    flow: ['verbs', 'lanes', 'callbacks', 'store', 'config'],
    finished: true,
  },
  'packages/ghost-mail-resend': {
    flow: ['operate', 'doctor', 'accept', 'send', 'report', 'store'],
    finished: true,
  },
  'packages/ghost-webhooks-stripe': {
    flow: ['verbs', 'page', 'operate', 'account', 'sinks', 'deliver', 'inbox', 'webhook'],
    finished: true,
  },
  'packages/ghost-cdn-cloudflare': {
    flow: ['verbs', 'operate', 'zone', 'hear', 'purge', 'changes', 'cloudflare'],
    finished: true,
  },
  'packages/ghost-analytics-tinybird': {
    flow: [
      'verbs',
      'client',
      'tracker',
      'doctor',
      'hit',
      'charts',
      'visitor',
      'send',
      'spool',
      'project',
    ],
    finished: true,
  },
  'packages/analytics-engine': {
    flow: [
      'verbs',
      'http',
      'ingest',
      'access',
      'care',
      'schema',
      'sql',
      'database',
      'datafiles',
      'template',
    ],
    finished: true,
  },
  'packages/console': {
    flow: ['overview', 'mail', 'payments', 'visits', 'media', 'care', 'guard', 'services', 'look'],
    finished: true,
  },
  'packages/sandbox': {
    flow: ['console', 'cloudflare', 'cloudinary', 'resend', 'stripe', 'tinybird', 'stand-in'],
    finished: true,
  },
  'packages/durable': {
    flow: ['testing', 'work', 'queue', 'sqlite', 'mysql', 'database', 'job', 'clock'],
    finished: true,
  },
  'packages/service': {
    flow: [
      'testing',
      'command',
      'operator',
      'vendors',
      'ghost',
      'verbs',
      'http',
      'clock',
      'secrets',
      'options',
      'files',
      'rate',
      'look',
    ],
    finished: true,
  },
  'packages/ghost-stack': {
    flow: [
      'verbs',
      'init',
      'ops',
      'alerts',
      'gauges',
      'doctor',
      'update',
      'services',
      'logs',
      'notify',
      'staging',
      'drill',
      'restore',
      'backup',
      'repository',
      'stack',
      'settings',
    ],
    finished: true,
  },
  'packages/ghost-local': {
    flow: ['portal', 'admin', 'boot', 'database', 'install', 'site'],
    finished: true,
  },
  examples: { flow: [], finished: true },
  bench: { flow: [], finished: true },
  scripts: { flow: [], finished: true },
};
