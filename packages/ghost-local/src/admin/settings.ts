import type { AdminRequest } from './request.ts';

/** The site's settings by key, such as `title` or `members_signup_access`. */
export interface Settings {
  read(): Promise<Record<string, unknown>>;
  /** Changes the given keys and resolves to all settings. */
  edit(changes: Record<string, unknown>): Promise<Record<string, unknown>>;
}

interface SettingsEnvelope {
  settings: { key: string; value: unknown }[];
}

/** Turns Ghost's list of key and value into an object and back. */
export function createSettings(request: AdminRequest): Settings {
  const byKey = ({ settings }: SettingsEnvelope) =>
    Object.fromEntries(settings.map(({ key, value }) => [key, value]));
  return {
    read: async () => byKey(await request('GET', 'settings')),
    async edit(changes) {
      const settings = Object.entries(changes).map(([key, value]) => ({ key, value }));
      return byKey(await request('PUT', 'settings', { json: { settings } }));
    },
  };
}
