import type { GhostConfig } from '@prosora/ghost-local';
import type { Sandbox } from '@prosora/sandbox';
import { ADAPTER_NAME } from './mount-adapter.ts';

/** What a self-hoster writes into Ghost's config, with the stand-in in Cloudinary's place. */
export function storageConfig({ cloudinary }: Sandbox): GhostConfig {
  const { cloudName, apiKey, apiSecret, url } = cloudinary;
  return {
    storage: {
      active: ADAPTER_NAME,
      [ADAPTER_NAME]: { cloudName, apiKey, apiSecret, uploadPrefix: url, secureDistribution: url },
      media: { adapter: ADAPTER_NAME, store: 'media' },
      files: { adapter: ADAPTER_NAME, store: 'files' },
    },
    // Cloudinary keeps the original and makes every size of it, so Ghost need not shrink uploads.
    imageOptimization: { resize: false },
  };
}
