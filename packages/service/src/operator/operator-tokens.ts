import { randomBytes, randomUUID } from 'node:crypto';
import {
  constants,
  copyFileSync,
  linkSync,
  mkdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import type { Logger } from 'pino';
import * as z from 'zod';
import { ProsoraError } from '../errors.ts';
import type { Options } from '../options/options.ts';

/** What opens the operator API: `write` opens everything, `read` what changes nothing. */
export interface OperatorTokens {
  read: string;
  write: string;
}

/** What a person set, and where the rest is kept. */
export interface OperatorTokensOptions {
  dataDir: string;
  operatorToken?: string | undefined;
  operatorReadToken?: string | undefined;
}

const FILE = 'operator-tokens.json';
/** Of 256 bits, as base64url. */
const token = z.string().min(32);
const savedTokens = z.object({ read: token, write: token });
/** One, or two while it changes. */
const setToken = z
  .string()
  .refine((text) => text.split(',').length <= 2, 'use two at most, joined by a comma')
  .refine(
    (text) => text.split(',').every((each) => token.safeParse(each).success),
    'use at least 32 characters',
  );

/** The two options that every service has for this; `prefix` is that of its variables. */
export function operatorOptions(prefix: string) {
  const option = (env: string, access: string) => ({
    env: `${prefix}_${env}`,
    description: `Opens the operator API on the private listener for ${access}: at least 32 characters, for a client in another container; two, joined by a comma, while it changes. The verbs of this command need none where they see the data folder.`,
    schema: setToken.optional(),
    defaultText: `made at the first start, in ${FILE} of the data folder`,
    secret: true,
  });
  return {
    operatorToken: option('OPERATOR_TOKEN', 'reading and changing'),
    operatorReadToken: option('OPERATOR_READ_TOKEN', 'reading'),
  } satisfies Options;
}

/**
 * The tokens of a service: what was set, else what is kept in its data folder, mode 0600, made at the first start.
 * Whoever may read that folder may read what the API shows anyway.
 *
 * @throws ProsoraError `OPERATOR_TOKENS` when the file cannot be written, or holds something else
 */
export function openOperatorTokens(options: OperatorTokensOptions): OperatorTokens {
  const { dataDir, operatorToken, operatorReadToken } = options;
  if (operatorToken && operatorReadToken) return { write: operatorToken, read: operatorReadToken };
  const kept = readKept(dataDir) ?? makeKept(dataDir);
  return { write: operatorToken ?? kept.write, read: operatorReadToken ?? kept.read };
}

/** As `openOperatorTokens`; undefined on a full disk, which the log says: the API is closed then, and the service goes on. */
export function tryOperatorTokens(
  options: OperatorTokensOptions,
  logger: Logger,
): OperatorTokens | undefined {
  try {
    return openOperatorTokens(options);
  } catch (error) {
    // Without the cause, which quotes what it could not read.
    const { message, help } = error as ProsoraError;
    const reason = [message, help].filter(Boolean).join(' ');
    logger.error(
      { event: 'operator.closed', reason },
      'the operator API is closed until the next start',
    );
    return undefined;
  }
}

/** As `openOperatorTokens`, for a client: makes nothing, and is undefined where no service has made any. */
export function findOperatorTokens(options: OperatorTokensOptions): OperatorTokens | undefined {
  const { dataDir } = options;
  const [write, read] = [options.operatorToken, options.operatorReadToken].map(shownOf);
  const kept = readKept(dataDir);
  if (kept === undefined && write === undefined) return undefined;
  return { write: write ?? kept?.write ?? '', read: read ?? kept?.read ?? '' };
}

/** Of two the one that whoever calls shows. */
const shownOf = (token: string | undefined): string | undefined => token?.split(',')[0];

function readKept(dataDir: string): OperatorTokens | undefined {
  const file = join(dataDir, FILE);
  try {
    return savedTokens.parse(JSON.parse(readFileSync(file, 'utf8')));
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    if (code === 'ENOENT') return undefined;
    throw new ProsoraError(
      'OPERATOR_TOKENS',
      `${file} cannot be read (${code ?? 'not what it was'}).`,
      {
        help: 'Delete it, and the next start makes new tokens; or run this as the user of the service.',
        cause,
      },
    );
  }
}

/** Two processes on one folder agree: the file appears whole, and only once. */
function makeKept(dataDir: string): OperatorTokens {
  const file = join(dataDir, FILE);
  // Processes of two containers may have one number.
  const draft = `${file}.${randomUUID()}.draft`;
  const made = { read: newToken(), write: newToken() };
  try {
    mkdirSync(dataDir, { recursive: true, mode: 0o700 });
    writeFileSync(draft, JSON.stringify(made), { mode: 0o600 });
    try {
      appear(draft, file);
      return made;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
      return readKept(dataDir) ?? made;
    } finally {
      rmSync(draft, { force: true });
    }
  } catch (cause) {
    throw new ProsoraError('OPERATOR_TOKENS', `${file} cannot be written.`, {
      help: 'Let the service write its data folder, or set both operator tokens.',
      cause,
    });
  }
}

/** What a file system says that has no hard links, as on some shares. */
const NO_LINKS: readonly unknown[] = ['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EMLINK'];

/**
 * Where there are no links, a copy is made only where no file is, and taken back if it fails. A process that is
 * killed amid it leaves a part, which is refused with the advice to delete it.
 *
 * @throws what the file system throws: `EEXIST` where another process was first
 */
function appear(draft: string, file: string): void {
  try {
    linkSync(draft, file);
  } catch (error) {
    if (!NO_LINKS.includes((error as NodeJS.ErrnoException).code)) throw error;
    copyFileSync(draft, file, constants.COPYFILE_EXCL);
  }
}

const newToken = (): string => randomBytes(32).toString('base64url');
