import * as z from 'zod';
import { DELIVERY_TYPES } from './asset.ts';
import { CloudinaryRefusal } from './refusal.ts';
import type { ApiParams } from './signature.ts';

/** The SDK sends 1 and 0; other clients true and false. */
const flag = z.stringbool({ truthy: ['1', 'true'], falsy: ['0', 'false'] });

const list = z
  .union([z.string(), z.array(z.string())])
  .transform((value) => (typeof value === 'string' ? value.split(',') : value))
  .transform((values) => values.map((value) => value.trim()).filter(Boolean));

const uploadParamsSchema = z.object({
  public_id: z.string().min(1).optional(),
  public_id_prefix: z.string().optional(),
  folder: z.string().optional(),
  asset_folder: z.string().optional(),
  use_asset_folder_as_public_id_prefix: flag.default(false),
  display_name: z.string().optional(),
  filename_override: z.string().optional(),
  type: z.enum(DELIVERY_TYPES).default('upload'),
  overwrite: flag.default(true),
  use_filename: flag.default(false),
  unique_filename: flag.default(true),
  tags: list.optional(),
  context: z.string().transform(parseContext).optional(),
  allowed_formats: list.optional(),
  eager: z
    .string()
    .transform((text) => text.split('|'))
    .default([]),
  eager_async: flag.default(false),
});

/** The parameters of an upload that the stand-in acts on; what else is signed and sent is ignored. */
export type UploadParams = z.output<typeof uploadParamsSchema>;

/** Parses an upload's parameters. @throws CloudinaryRefusal 400 that names the parameter. */
export function parseUploadParams(params: ApiParams): UploadParams {
  const parsed = uploadParamsSchema.safeParse(params);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  const name = issue?.path.join('.') ?? '';
  throw new CloudinaryRefusal(400, `Invalid value ${String(params[name])} for parameter ${name}`);
}

/** `key=value` pairs between bars; a backslash escapes either sign. */
function parseContext(text: string): Record<string, string> {
  const plain = (part: string) => part.replace(/\\([=|])/g, '$1');
  const pairs = text.split(/(?<!\\)\|/).map((pair) => pair.split(/(?<!\\)=/));
  return Object.fromEntries(
    pairs.map(([key = '', ...value]) => [plain(key), plain(value.join('='))]),
  );
}
