import { pick, verb } from '@prosora/service';
import * as z from 'zod';
import { collectorOptions } from '../options.ts';
import { datafilesOf } from '../project/datafiles.ts';
import { deployTo, readWorkspace } from '../project/deploy.ts';

/** Brings the project to a workspace, and tells the settings that the collector and Ghost need then. */
export const deploy = verb({
  help: "Brings Ghost's Tinybird project and ours to a workspace, and prints what to set",
  flags: {
    check: { type: 'boolean', help: 'Only ask whether the workspace would take it' },
    'allow-destructive': {
      type: 'boolean',
      help: 'Delete what the workspace has and the project has not',
    },
  },
  // There is no tracker token yet, and the admin's is needed.
  needs: {
    ...pick(collectorOptions, 'upstreamUrl', 'siteUrl', 'datasource'),
    adminToken: { ...collectorOptions.adminToken, schema: z.string().min(1) },
    ghostDir: { ...collectorOptions.ghostDir, schema: z.string() },
  },
  async run({ flags, options, print, show }) {
    const target = { url: options.upstreamUrl, token: options.adminToken };
    const { result, created, changed, deleted } = await deployTo(
      target,
      datafilesOf(options.ghostDir),
      { check: flags.check, allowDestructive: flags['allow-destructive'] },
    );
    if (flags.check) {
      show({ result }, () => '# The project would be taken; nothing was changed.');
      return 0;
    }
    print(
      result === 'no_changes'
        ? '# The workspace has it already.'
        : `# Live: ${created.length} new, ${changed.length} changed, ${deleted.length} deleted.`,
    );
    const { workspaceId, trackerToken } = await readWorkspace(target);
    const site = (options.siteUrl ?? 'https://YOUR-SITE').replace(/\/+$/, '');
    const collector = { TINYBIRD_HOST: target.url, TINYBIRD_TRACKER_TOKEN: trackerToken };
    const ghost = {
      tinybird__workspaceId: workspaceId,
      tinybird__adminToken: target.token,
      tinybird__tracker__endpoint: `${site}/.ghost/analytics/api/v1/page_hit`,
      tinybird__tracker__datasource: options.datasource,
      tinybird__stats__endpoint: `${site}/.ghost/analytics`,
    };
    show({ result, created, changed, deleted, collector, ghost }, () => [
      '\n# for the collector',
      ...settingLines(collector),
      '\n# for Ghost',
      ...settingLines(ghost),
    ]);
    return 0;
  },
});

const settingLines = (settings: Record<string, string>): string[] =>
  Object.entries(settings).map(([name, value]) => `${name}=${value}`);
