/** What changesets calls the parts of a release, and what a reader looks for. */
const HEADINGS: Record<string, string> = {
  'Major Changes': 'What you have to change',
  'Minor Changes': 'New',
  'Patch Changes': 'Mended and improved',
};

/** The first sentence of a changeset, or its first paragraph where no sentence ends in it; and the rest. */
const ENTRY = /^((?:(?!\n\n)[\s\S])+?[.!?](?=\s)|(?:(?!\n\n)[\s\S])+)([\s\S]*)$/;

/** The line of a changeset in a changelog, as changesets asks for it: its first sentence is what a reader skims. */
async function getReleaseLine({ summary }: { summary: string }): Promise<string> {
  const [, first = '', rest = ''] = ENTRY.exec(summary.trim()) ?? [];
  return `- **${first}**${rest}`.replaceAll('\n', '\n  ').replaceAll(/^ +$/gm, '');
}

// No published package depends on another, so no release is for the sake of a dependency.
export default { getReleaseLine, getDependencyReleaseLine: async () => '' };

/** Gives the section of a version, as changesets has written it, its day and headings that a reader understands. */
export function readable(changelog: string, version: string, day: string): string {
  const section = sectionOf(changelog, version);
  const titled = section.replaceAll(/^### (.+)$/gm, (_, kind) => `### ${HEADINGS[kind] ?? kind}`);
  return changelog.replace(section, () => titled.replace(/^## .+$/m, `## ${version} (${day})`));
}

/** The section of a version, from its heading on. @throws Error when the changelog has none */
export function sectionOf(changelog: string, version: string): string {
  const sections = changelog.split(/^(?=## )/m).slice(1);
  const section = sections.find((text) => /^## (\S+)/.exec(text)?.[1] === version);
  if (section === undefined) throw new Error(`The changelog has no section for ${version}.`);
  return section;
}

/** The text of a release: each package by name, with its section of the version. */
export function releaseText(
  version: string,
  packages: readonly { name: string; changelog: string }[],
): string {
  const parts = packages.map(({ name, changelog }) => {
    const [, ...lines] = sectionOf(changelog, version).trim().split('\n');
    return `## ${name}\n${lines.join('\n')}`;
  });
  return `${parts.join('\n\n')}\n`;
}
