import { isSecretKey } from '@prosora/service';
import { readEnvFile } from './env-file.ts';
import { type KnownSetting, knownSettings } from './known-settings.ts';

/** A setting with what applies. */
export interface EffectiveSetting extends KnownSetting {
  value: string;
  /** Where the value stands: this shell's environment comes first, as Compose has it. */
  source: 'environment' | '.env' | 'default' | 'unset';
}

/** The stack's settings by name, with what applies now. An empty variable counts as unset. */
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
  return new Map(settings.map((setting) => [setting.name, setting]));
}

/** Such as `CLOUDINARY_URL`, whose name alone does not say that a secret is in it. */
const SECRET_URL = /^(CLOUDINARY|DATABASE|REDIS|NOTIFY_\w+)_URL$|^NOTIFY_TELEGRAM$/;

/** Whether a setting's value is shown to nobody. */
export function isSecretSetting(name: string): boolean {
  return SECRET_URL.test(name) || isSecretKey(name);
}
