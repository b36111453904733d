import path from 'node:path';
import type { Site } from './site.ts';

/** What a person can look at and try, once everything is up. */
export function summaryOf(
  { url, ghost, admin, sandbox }: Site,
  { seconds, staysUp }: { seconds: number; staysUp: boolean },
): string {
  const proven = `Every ✔ above was proven on this machine in ${seconds} s.`;
  if (!staysUp) return `\n${proven}`;
  const rows: [string, string, string][] = [
    ['The blog', url, 'open a post, look at its pictures’ addresses'],
    ['Ghost Admin', `${url}/ghost`, `${admin.owner.email} / ${admin.owner.password}`],
    ['The console', `${url}/ghost/prosora/`, 'sign in at Ghost Admin first; how all of it is'],
    [
      'Everyone’s mail',
      `${sandbox.resend.url}/inbox`,
      'subscribe on the blog, then open the link here',
    ],
    ['As Cloudflare keeps it', sandbox.cloudflare.url, 'publish, and look again after two seconds'],
    ['The sandbox', sandbox.url, 'what each stand-in holds; make one fail and try again'],
    ['Logs', path.relative(process.cwd(), path.dirname(ghost.dir)), 'ghost/ghost.log and logs/'],
  ];
  const widths = [0, 1].map((column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  const lines = rows.map(([what, where, how]) =>
    `  ${what.padEnd(widths[0] ?? 0)}  ${where.padEnd(widths[1] ?? 0)}  ${how}`.trimEnd(),
  );
  return `\n${proven}\n\n${lines.join('\n')}\n\nCtrl-C stops all of it. The next start reuses this site; \`npm start -- --fresh\` begins anew.`;
}
