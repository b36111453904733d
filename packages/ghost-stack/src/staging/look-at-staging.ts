import { closedProjectOf } from '../repository/place.ts';
import { docker, jsonLines } from '../stack/compose.ts';
import { readStaging, type StagingNotes } from './staging-notes.ts';
import { FORWARDER, urlOf } from './staging-project.ts';

/** How a stack's staging is. */
export interface StagingLook extends Omit<StagingNotes, 'state'> {
  /** `cut off` where a run was killed, `stopped` where something of it does not run. */
  state: 'up' | 'stopped' | 'cut off';
  site: string;
  admin: string;
}

const NEEDED = ['db', 'ghost', FORWARDER];

/** Undefined where there is none. */
export async function lookAtStaging(dir: string, site: string): Promise<StagingLook | undefined> {
  const notes = readStaging(dir);
  if (notes === undefined) return undefined;
  const url = urlOf(notes);
  const look = { ...notes, site: `${url}/`, admin: `${url}/ghost/` };
  if (notes.state !== 'up') return { ...look, state: 'cut off' };
  const project = `label=com.docker.compose.project=${closedProjectOf({ site }, 'staging')}`;
  const rows = jsonLines(await docker(dir, ['ps', '--filter', project, '--format', 'json']));
  const running = rows.map(({ Labels: labels }) =>
    /com\.docker\.compose\.service=([^,]+)/.exec(String(labels))?.at(1),
  );
  return { ...look, state: NEEDED.every((name) => running.includes(name)) ? 'up' : 'stopped' };
}
