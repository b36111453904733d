import { isSecretKey } from '@prosora/service';
import { readEnvFile } from './env-file.ts';
import { type KnownSetting, knownSettings } from './known-settings.ts';

/** A setting with what applies. */
export interface EffectiveSetting extends KnownSetting {
  value: string;
  /** Where the value stands: this shell's environment comes first, as Compose has it. */
  source: 'environment' | '.env' | 'default' | 'unset';
}

/**
 * The stack's settings by name, with what applies now, and what `.env` says to Ghost itself. An empty variable counts
 * as unset; what belongs to another choice than the present one is not required.
 */
export function effectiveSettings(
  dir: string,
  env: Record<string, string | undefined>,
  values = readEnvFile(dir).values,
): Map<string, EffectiveSetting> {
  const settings = knownSettings(dir).map((known): EffectiveSetting => {
    const { name, standard } = known;
    if (env[name]) return { ...known, value: env[name], source: 'environment' };
    if (values[name]) return { ...known, value: values[name], source: '.env' };
    return { ...known, value: standard, source: standard === '' ? 'unset' : 'default' };
  });
  const all = new Map([...settings, ...ghostSettings(values)].map((each) => [each.name, each]));
  for (const setting of settings) {
    const { onlyWith } = setting;
    if (onlyWith && all.get(onlyWith.name)?.value !== onlyWith.value) setting.isRequired = false;
  }
  return all;
}

/** Reads what applies for a setting, by its name; empty where nothing does. */
export function settingReader(
  dir: string,
  values = readEnvFile(dir).values,
): (name: string) => string {
  const settings = effectiveSettings(dir, process.env, values);
  return (name) => settings.get(name)?.value ?? '';
}

/** The site's host name, which may be left out beside the sandbox. */
export const domainIn = (of: (name: string) => string): string => of('DOMAIN') || 'ghost.localhost';

/** Names below these end on this machine or in its network: https://www.rfc-editor.org/rfc/rfc6762#appendix-G */
export const isLocalName = (domain: string): boolean =>
  /(^|\.)(localhost|local|internal|home\.arpa)$/.test(domain);

/** Whether a profile of the stack's file is asked for: `sandbox` has stand-ins for its vendors, `watch` watches it. */
export function hasProfileIn(
  profile: 'sandbox' | 'watch',
  env: Record<string, string | undefined>,
  values: Readonly<Record<string, string>>,
): boolean {
  const profiles = env['COMPOSE_PROFILES'] ?? values['COMPOSE_PROFILES'] ?? '';
  return profiles.split(',').includes(profile);
}

/** Whether a name is Ghost's own for one of its options: two names or more, joined by two underscores. */
export const isGhostOption = (name: string): boolean => /^[a-z]\w*?__\w+$/.test(name);

const ghostSettings = (values: Record<string, string>): EffectiveSetting[] =>
  Object.entries(values)
    .filter(([name]) => isGhostOption(name))
    .map(([name, value]) => ({
      name,
      value,
      source: '.env',
      part: 'Ghost itself',
      description: "Ghost's own.",
      standard: '',
      isRequired: false,
    }));

/** Such as `CLOUDINARY_URL`, whose name alone does not say that a secret is in it. */
const SECRET_URL = /^(CLOUDINARY|DATABASE|REDIS|NOTIFY_\w+|WATCH_PING)_URL$|^NOTIFY_TELEGRAM$/;

/** Ghost's options are many, and some are secrets by other names: `mail__options__auth__pass`. */
const SECRET_OPTION = /__.*(pass|key|secret|token)/i;

/** Whether a setting's value is shown to nobody. */
export function isSecretSetting(name: string): boolean {
  return SECRET_URL.test(name) || SECRET_OPTION.test(name) || isSecretKey(name);
}
