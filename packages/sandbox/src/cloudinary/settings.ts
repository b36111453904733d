import * as z from 'zod';

/** What an account's plan and settings decide at Cloudinary. */
export interface CloudinarySettings {
  /** The plan by its name. (Default: `Free`) */
  plan: string;
  /** Credits that the last 30 days took, of storage, traffic and transformations together. (Default: 0) */
  creditsUsed: number;
  /** Credits that the plan has for 30 days. (Default: 25) */
  creditLimit: number;
  /** Largest image, in bytes. (Default: 10,485,760, the free plan's) */
  imageMaxBytes: number;
  /** Largest video or audio file, in bytes. (Default: 104,857,600) */
  videoMaxBytes: number;
  /** Largest file of any other kind, in bytes. (Default: 10,485,760) */
  rawMaxBytes: number;
  /** Largest file in one request; above it, parts are needed. (Default: 104,857,600) */
  requestMaxBytes: number;
  /** Smallest part of an upload in parts, except the last. (Default: 5,242,880) */
  partMinBytes: number;
  /** An image with more pixels is stored and served as it is, but nothing is derived from it. (Default: 25,000,000) */
  imageMaxPixels: number;
  /** Calls of the Admin API in each clock hour. (Default: 500) */
  adminCallsPerHour: number;
  /** How API calls and short delivery signatures are hashed. (Default: `sha1`) */
  signatureAlgorithm: 'sha1' | 'sha256';
  /** (Default: `dynamic`, as accounts have it since June 2024) */
  folderMode: 'dynamic' | 'fixed';
  /** Derived files only for signed URLs, named transformations and what was made eagerly. (Default: false) */
  strictTransformations: boolean;
  /** What `t_<name>` in a URL stands for. (Default: none) */
  namedTransformations: Record<string, string>;
  /** PDF and ZIP files are delivered; new free accounts start without. (Default: true) */
  deliverPdfAndZip: boolean;
  /** A CDN that remembers each 40x answer for a minute, then twice as long each time, up to a day. (Default: false) */
  negativeCaching: boolean;
  /** `overwrite=false` looks first and writes a moment later, so that two uploads at once both win. (Default: false) */
  overwriteNotAtomic: boolean;
}

/** Changes to the settings. */
export type CloudinarySettingsInput = {
  [Name in keyof CloudinarySettings]?: CloudinarySettings[Name] | undefined;
};

const bytes = z.int().positive();

/** Parses settings; what is not given has the value of a free plan, as its `usage` call reports it. */
export const cloudinarySettings = z.strictObject({
  plan: z.string().default('Free'),
  creditsUsed: z.number().nonnegative().default(0),
  creditLimit: z.number().positive().default(25),
  imageMaxBytes: bytes.default(10_485_760),
  videoMaxBytes: bytes.default(104_857_600),
  rawMaxBytes: bytes.default(10_485_760),
  requestMaxBytes: bytes.default(104_857_600),
  partMinBytes: z.int().nonnegative().default(5_242_880),
  imageMaxPixels: z.int().positive().default(25_000_000),
  adminCallsPerHour: z.int().nonnegative().default(500),
  signatureAlgorithm: z.enum(['sha1', 'sha256']).default('sha1'),
  folderMode: z.enum(['dynamic', 'fixed']).default('dynamic'),
  strictTransformations: z.boolean().default(false),
  namedTransformations: z.record(z.string(), z.string()).default({}),
  deliverPdfAndZip: z.boolean().default(true),
  negativeCaching: z.boolean().default(false),
  overwriteNotAtomic: z.boolean().default(false),
}) satisfies z.ZodType<CloudinarySettings, CloudinarySettingsInput>;
