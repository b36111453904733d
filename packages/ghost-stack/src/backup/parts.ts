/** A part of a backup that is made of volumes. */
export interface VolumePart {
  name: string;
  /** The stack's own names of the volumes. */
  volumes: readonly string[];
  /** The user whose SQLite stores and spools stand in it, of which copies are taken first. */
  storesOf?: string;
  /** What is not its data, below each volume. */
  leftOut?: readonly string[];
}

/** The user of our services. */
const NODE = '1000:1000';
const STORE_FILES = ['*.db', '*.db-wal', '*.db-shm', '*.db-journal'];

/**
 * What is kept in one snapshot before the database: an inbox that is newer would believe delivered what a restored Ghost
 * never saw.
 */
export const BEFORE_DATABASE: readonly VolumePart[] = [
  {
    name: 'secrets',
    volumes: ['generated_secrets', 'caddy_data', 'caddy_config'],
  },
  {
    name: 'webhooks',
    volumes: ['webhooks_data'],
    storesOf: NODE,
    leftOut: STORE_FILES,
  },
];

/** What it is made of says the engine. */
export const ENGINE: VolumePart = {
  name: 'engine',
  volumes: ['engine_data'],
  leftOut: ['chdb', 'chdb.replaced-*', 'engine.lock*', 'running'],
};

/**
 * What is kept after it, by snapshot: a mail bridge that is older would lack recipients that Ghost believes accepted, and
 * the pictures that a post shows are there once the post is. The engine comes after the collector, which repeats what it
 * has and is not counted twice (see `copySpool`); what it no longer has is in the engine.
 */
export const AFTER_DATABASE: readonly (readonly VolumePart[])[] = [
  [{ name: 'content', volumes: ['ghost_content'] }],
  [
    { name: 'mail', volumes: ['mail_data'], storesOf: NODE, leftOut: STORE_FILES },
    {
      name: 'analytics',
      volumes: ['analytics_data'],
      storesOf: NODE,
      // A second collector's too: see its README.
      leftOut: STORE_FILES.flatMap((name) => [name, `lane-*/${name}`]),
    },
    ENGINE,
  ],
];

/** The name of the part that is Ghost's database. */
export const DATABASE = 'database';
/** Where the files of its binary log are; which of them are kept is said each time. */
export const LOGS: VolumePart = { name: DATABASE, volumes: ['db_data'], leftOut: ['*'] };
/** The file in the snapshot of the database. */
export const DUMP = '/database.sql';
/** The stack's own files, beside the volumes of the secrets: the settings, and what they name in its folder. */
export const ownFilesOf = (settings: Readonly<Record<string, string>>): string[] => [
  '.env',
  'docker-compose.override.yml',
  ...['DATABASE_CA', 'REDIS_CA'].flatMap((name) => settings[name] || []),
];

export const VOLUME_PARTS: readonly VolumePart[] = [...BEFORE_DATABASE, ...AFTER_DATABASE.flat()];

/** A part by its name. */
export const partOf = (name: string): VolumePart =>
  VOLUME_PARTS.find((part) => part.name === name) ?? { name, volumes: [] };

/** Where a volume stands in a snapshot. */
export const placeOf = (part: string, volume: string): string => `/prosora/${part}/${volume}`;
