import { existsSync } from 'node:fs';
import { type Finding, fail, ok, warn } from '@prosora/service';
import { asBlock, at, type GhostSettings } from '@prosora/service/ghost';
import { assetUrlProblems } from '../config/asset-urls.ts';
import { sharpOfGhost } from '../store/shrink.ts';
import { adapterName, blockOf, isGivenTo, STORES, type StoreName } from './stores.ts';

/** Looks for the traps of Ghost's config, in which it says nothing and does something else. */
export function* examineConfig(ghost: GhostSettings): Generator<Finding> {
  const { config, source } = ghost;
  const name = adapterName(ghost);
  if (name === undefined) {
    yield fail('config', `${source} has no block for this adapter.`, 'See Use in the README.');
    return;
  }
  yield examineActive(ghost, name);
  for (const store of STORES.slice(1)) yield examineFeature(ghost, name, store);
  const urls = asBlock(config['urls']) as Record<string, string>;
  for (const sentence of assetUrlProblems(urls)) yield fail('urls', sentence);
  if (at(config, 'imageOptimization', 'resize') !== false) {
    yield warn(
      'originals',
      'Ghost uploads each image twice, once made smaller.',
      '"imageOptimization": {"resize": false} keeps one, in full size.',
    );
  }
  if (!existsSync(ghost.contentPath)) {
    yield fail(
      'content',
      `The content folder ${ghost.contentPath} is not there.`,
      "Correct paths.contentPath in Ghost's config.",
    );
  }
}

function examineActive({ config, source }: GhostSettings, name: string): Finding {
  if (at(config, 'storage', 'active') === name) {
    return ok('config', `${source} names ${name} as storage.active.`);
  }
  if (at(config, 'adapters', 'storage', 'active') === name) {
    return fail(
      'config',
      'adapters.storage.active makes media and files use the images of this adapter.',
      'Write the blocks under "storage".',
    );
  }
  return warn('config', `storage.active is not ${name}: Ghost does not use this adapter yet.`);
}

function examineFeature(ghost: GhostSettings, name: string, store: StoreName): Finding {
  const feature = at(ghost.config, 'storage', store);
  const should = `"${store}": {"adapter": "${name}", "store": "${store}"}`;
  const remedy = `To have them at Cloudinary, write ${should}.`;
  if (feature === undefined) return warn(store, `Ghost keeps ${store} on this machine.`, remedy);
  if (!isGivenTo(ghost, name, store)) {
    return warn(store, `Another adapter stores ${store}.`, remedy);
  }
  if (asBlock(feature)['store'] === store) return ok(store, `Ghost stores ${store} at Cloudinary.`);
  return fail(
    store,
    `The adapter would take ${store} for images, since nothing says otherwise.`,
    `Write ${should}.`,
  );
}

/** Looks for `sharp`, which makes the sizes. */
export function examineSharp(ghost: GhostSettings, ghostEntry: string | undefined): Finding {
  if (ghostEntry === undefined) {
    return warn('sharp', "Ghost's install is not here.", 'Name its folder with --ghost.');
  }
  if (sharpOfGhost(ghostEntry) !== undefined) return ok('sharp', "It is in Ghost's install.");
  const shrinks = blockOf(ghost, adapterName(ghost), 'images')['shrink'];
  const lost = shrinks ? 'srcset and shrink do' : 'srcset does';
  return fail(
    'sharp',
    `It is missing in Ghost's install, without which ${lost} not work.`,
    'Install Ghost again with its optional dependencies.',
  );
}
