import { findingLine, verb } from '@prosora/service';
import { stackOptions } from '../options.ts';
import { FAILURE_DAYS, mediaOfSite, type SiteMedia } from '../services/media.ts';
import { counted } from '../services/telling.ts';

export const media = verb({
  help: 'Shows where images, media and files are, what is used of the plan, and what failed',
  flags: {
    examine: {
      type: 'boolean',
      help: 'Has the adapter’s doctor look too, which uploads three small files and removes them',
    },
  },
  needs: stackOptions,
  async run({ flags: { examine }, options: { dir }, show }) {
    const found = await mediaOfSite(dir, { isExamined: examine });
    show(found, linesOf);
    return found.findings.some(({ status }) => status === 'fail') ? 1 : 0;
  },
});

function linesOf({ kind, usage, findings, failures }: SiteMedia): string[] {
  if (usage === null) return [`They are stored by MEDIA=${kind}, which tells no numbers.`];
  const { cloudName, plan, credits, storageBytes, originals } = usage;
  const stored = storageBytes === null ? '' : ` of ${Math.ceil(storageBytes / 1e6)} MB`;
  return [
    `They are in the cloud ${cloudName}, by the plan ${plan}.`,
    ...(credits?.limit ? [`${credits.usage ?? 0} of ${credits.limit} credits are used.`] : []),
    ...(originals === null ? [] : [`${counted(originals, 'original')}${stored}.`]),
    ...findings.map(findingLine),
    `${counted(failures.length, 'failure')} in ${FAILURE_DAYS} days.`,
    ...failures.map(({ at, code }) => `  ${at}  ${code}`),
  ];
}
