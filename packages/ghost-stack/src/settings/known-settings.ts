import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** A setting of the stack, as `.env.example` describes it. */
export interface KnownSetting {
  name: string;
  /** The heading that it stands under. */
  part: string;
  /** What it means and what follows from it. */
  description: string;
  /** What applies where it is not set; empty where nothing does. */
  standard: string;
  /** The stack does not start without it, but for what the sandbox stands in for. */
  isRequired: boolean;
  /** The choice that it belongs to, and without which it is not required. */
  onlyWith?: { name: string; value: string };
}

const HEADING = /^# --- (.+?) -*$/;
const SETTING = /^(?:# )?([A-Z][A-Z0-9_]*)=(.*)$/;
const REQUIRED = /^required(?: with (\w+)=([\w.]+))?: /;

/**
 * Every setting that the stack in a folder has. Its `.env.example` is the one place that lists them, so what a person
 * reads there and what this command knows are the same.
 */
export function knownSettings(dir: string): KnownSetting[] {
  const settings: KnownSetting[] = [];
  let part = '';
  let comment: string[] = [];
  let last = '';
  for (const line of readFileSync(join(dir, '.env.example'), 'utf8').split('\n')) {
    const [, heading] = HEADING.exec(line) ?? [];
    const [, name, standard = ''] = SETTING.exec(line) ?? [];
    if (heading !== undefined) part = heading;
    if (name !== undefined) {
      if (comment.length > 0) last = comment.join(' ');
      comment = [];
      const [required, choice, value = ''] = REQUIRED.exec(last) ?? [];
      settings.push({
        name,
        part,
        standard,
        isRequired: required !== undefined,
        ...(choice && { onlyWith: { name: choice, value } }),
        description: last.replace(REQUIRED, ''),
      });
    } else if (line.startsWith('# ') && heading === undefined) comment.push(line.slice(2));
    else comment = [];
  }
  return settings;
}
