import type { SourceFile } from './sources.ts';

/** A call that writes to the log of a service. */
export interface LogCall {
  path: string;
  line: number;
  /** Empty where the call decides it. */
  level: string;
  /** Its stable name, `part.what`; what the call decides stands in angle brackets. */
  event: string | undefined;
  /** Empty where the call decides it. */
  sentence: string;
}

const CALL = /\blogger\??(?:\.(trace|debug|info|warn|error|fatal)|\[[^\n]*\])\(/g;
const EVENT = /\bevent: (?:'([a-z-]+\.[a-z-]+)'|`([a-z-]+\.)\$\{[^}]*\}`)/;
const SENTENCE = /(?:'([^']+)'|`([^`$]+)`),?\s*$/;

/** All such calls, as they stand in the code. */
export function logCallsIn(files: readonly SourceFile[]): LogCall[] {
  return files.flatMap(({ path, text }) =>
    Array.from(text.matchAll(CALL), ({ 0: call, 1: level = '', index }) => {
      const said = upToClosing(text.slice(index + call.length));
      const [, name, part] = EVENT.exec(said) ?? [];
      return {
        path,
        line: text.slice(0, index).split('\n').length,
        level,
        event: name ?? (part && `${part}<kind>`),
        sentence: SENTENCE.exec(said)?.slice(1).find(Boolean) ?? '',
      };
    }),
  );
}

/** The packages that write a log. */
const LOGGING = [
  'analytics-engine',
  'console',
  'ghost-analytics-tinybird',
  'ghost-cdn-cloudflare',
  'ghost-mail-resend',
  'ghost-stack',
  'ghost-webhooks-stripe',
  'service',
];

/** Those of the services, by package. */
export function logCallsOf(files: readonly SourceFile[]): Map<string, LogCall[]> {
  const ofPackage = (name: string) =>
    files.filter(({ path }) => path.startsWith(`packages/${name}/src/`));
  return new Map(LOGGING.map((name) => [name, logCallsIn(ofPackage(name))]));
}

/** Calls without a name that an alarm can be set on. */
export function logProblems(files: readonly SourceFile[]): string[] {
  return [...logCallsOf(files).values()]
    .flat()
    .filter(({ event }) => event === undefined)
    .map(({ path, line }) => `${path}:${line} logs without an event: 'part.what'`);
}

function upToClosing(text: string): string {
  let depth = 1;
  const end = Array.from(text).findIndex((sign) => {
    if (sign === '(') depth += 1;
    if (sign === ')') depth -= 1;
    return depth === 0;
  });
  return text.slice(0, end);
}
