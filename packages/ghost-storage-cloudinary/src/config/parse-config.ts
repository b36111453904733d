import { nearest } from '@prosora/service/nearest';
import { type Options, type OptionsError, readOptions } from '@prosora/service/options';
import * as z from 'zod/mini';
import { StorageError } from '../errors.ts';
import { type StorageOption, type StorageOptions, storageOptions } from '../options.ts';
import { type AssetUrls, assetUrlProblems, parseAssetUrl, URL_KEY_OF } from './asset-urls.ts';
import { eexitAdvice } from './eexit-config.ts';
import { readRunningGhost } from './running-ghost.ts';

type Environment = Record<string, string | undefined>;

const optionEntries: [string, StorageOption][] = Object.entries(storageOptions);
const optionNames = Object.keys(storageOptions);

/** The options that a variable may set. */
export const environmentOptions: Options = Object.fromEntries(
  optionEntries.flatMap(([key, { env, ...option }]) =>
    env === undefined ? [] : [[key, { ...option, env }]],
  ),
);

/**
 * Reads the adapter's block of Ghost's config, with the environment for what it leaves out.
 *
 * @throws StorageError STORAGE_CONFIG_INVALID with every problem: its key, the shape expected, what
 * to do. The text of a secret is never part of it.
 */
export function parseConfig(
  config: unknown,
  env: Environment = process.env,
  urls: AssetUrls | undefined = readRunningGhost()?.urls,
): StorageOptions {
  if (config !== undefined && (typeof config !== 'object' || config === null)) {
    throw configError(['The adapter\'s block must be an object: {"cloudName": "…", …}.']);
  }
  const block = { ...config } as Record<string, unknown>;
  const advice = eexitAdvice(block);
  if (advice) throw configError([advice]);

  const problems = Object.keys(block)
    .filter((key) => !Object.hasOwn(storageOptions, key))
    .map(unknownKeyProblem);
  const fromEnv = readEnvironment(env, problems);
  const given: Record<string, unknown> = {
    ...partsOf(fromEnv['cloudinaryUrl']),
    ...fromEnv,
    ...partsOf(block['cloudinaryUrl']),
    ...block,
  };

  const values: Record<string, unknown> = {};
  for (const [key, option] of optionEntries) {
    const value = given[key] ?? undefined;
    const parsed = z.safeParse(option.schema, value);
    // What a malformed CLOUDINARY_URL should have said is not missing; the URL itself is the problem.
    const isSaidByUrl = value === undefined && given['cloudinaryUrl'] !== undefined;
    if (parsed.success) values[key] = parsed.data;
    else if (!isSaidByUrl) problems.push(problemOf(key, option, value, parsed.error));
  }
  const options = values as StorageOptions;
  problems.push(...contradictions(options, urls));
  if (problems.length > 0) throw configError(problems);
  return options;
}

/** What is right by itself and wrong together. `urls` is Ghost's, where this is a Ghost. */
function contradictions(
  { delivery, store, folderMode, assetFolder, signedUrls }: Partial<StorageOptions>,
  urls: AssetUrls | undefined,
): string[] {
  const problems: string[] = [];
  if (folderMode === 'fixed' && assetFolder !== undefined) {
    problems.push(
      'assetFolder is for accounts with dynamic folders, and folderMode says "fixed". Leave one of them out.',
    );
  }
  if (delivery === 'absolute' && signedUrls) {
    problems.push(
      'delivery is "absolute" and signedUrls is true: posts would hold signatures, which end with the secret. Set delivery to "redirect".',
    );
  }
  if (store === undefined || urls === undefined) return problems;
  const key = URL_KEY_OF[store];
  const url = urls[key];
  // What is no URL at all is wrong in every mode; the rest may be meant for another adapter's files.
  if (url && (delivery === 'edge' || parseAssetUrl(url) === undefined)) {
    problems.push(...assetUrlProblems({ [key]: url }));
  } else if (delivery === 'edge' && !url) {
    problems.push(
      `delivery is "edge", and Ghost's config does not say where the edge is: set urls.${key} to its origin.`,
    );
  }
  return problems;
}

function readEnvironment(env: Environment, problems: string[]): Record<string, unknown> {
  const table = Object.fromEntries(
    Object.entries(environmentOptions).map(([key, option]) => [
      key,
      { ...option, schema: z.optional(z.string()) },
    ]),
  );
  try {
    const values = Object.entries(readOptions(table, env));
    return Object.fromEntries(values.filter(([, value]) => value !== undefined));
  } catch (error) {
    const { problems: found } = error as Partial<OptionsError>;
    if (found === undefined) throw error;
    problems.push(...found);
    return {};
  }
}

/** The options inside a CLOUDINARY_URL (cloudinary SDK: lib/config.js); none when it is malformed. */
function partsOf(cloudinaryUrl: unknown): Record<string, unknown> {
  const { data = '' } = z.safeParse(storageOptions.cloudinaryUrl.schema, cloudinaryUrl);
  const url = URL.parse(data);
  if (url === null) return {};
  const distribution = url.pathname.replace(/^\//, '');
  const parts: Record<string, string | boolean | null> = {
    cloudName: url.hostname,
    apiKey: url.username,
    apiSecret: url.password,
    secureDistribution: distribution || url.searchParams.get('secure_distribution'),
    privateCdn: distribution !== '' || url.searchParams.get('private_cdn'),
    uploadPrefix: url.searchParams.get('upload_prefix'),
    signatureAlgorithm: url.searchParams.get('signature_algorithm'),
  };
  return Object.fromEntries(Object.entries(parts).filter(([, value]) => value));
}

function unknownKeyProblem(key: string): string {
  const meant = nearest(key, optionNames);
  const hint =
    meant === undefined ? `the options are ${optionNames.join(', ')}.` : `did you mean "${meant}"?`;
  return `${JSON.stringify(key)} is not an option: ${hint}`;
}

function problemOf(
  key: string,
  { env, description, secret }: StorageOption,
  value: unknown,
  error: z.core.$ZodError,
): string {
  const where = env ? ` Set it in this block, as ${env}, or with CLOUDINARY_URL.` : '';
  if (value === undefined) return `${key} is missing. ${description}${where}`;
  const shown = secret ? 'its value' : JSON.stringify(value);
  const why = [...new Set(error.issues.map(({ message }) => message))].join('; ');
  return `${key}: ${shown} is not accepted, ${why}. ${description}`;
}

function configError(problems: string[]): StorageError {
  return new StorageError(
    'IncorrectUsageError',
    'STORAGE_CONFIG_INVALID',
    `The Cloudinary storage adapter cannot start:${problems.map((line) => `\n    - ${line}`).join('')}`,
    { help: "Correct the adapter's block in Ghost's config and start Ghost again." },
  );
}
