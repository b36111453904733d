import { existsSync } from 'node:fs';
import { assetUrlProblems } from '../config/asset-urls.ts';
import { sharpOfGhost } from '../store/shrink.ts';
import { examineAccount } from './doctor-account.ts';
import { type Finding, ok, problem, warning } from './finding.ts';
import { asBlock, at, type GhostSettings } from './ghost-config.ts';
import { sentenceOf } from './remote-list.ts';
import { adapterName, blockOf, isGivenTo, openStores, STORES, type StoreName } from './stores.ts';

/** Looks at Ghost's config and at the account. Leaves nothing behind at Cloudinary. */
export async function examine(ghost: GhostSettings, ghostEntry?: string): Promise<Finding[]> {
  const findings = [...examineConfig(ghost), ...examineSharp(ghost, ghostEntry)];
  const name = adapterName(ghost);
  const ours = STORES.filter(
    (store) => store === 'images' || (name !== undefined && isGivenTo(ghost, name, store)),
  );
  const said = new Set<string>();
  for (const store of ours) {
    try {
      const [opened] = openStores(ghost, [store], asBlock(ghost.config['urls']));
      // One account serves all three.
      if (opened && store === 'images') findings.push(...(await examineAccount(opened)));
    } catch (error) {
      const sentence = sentenceOf(error);
      // What is wrong in the block that they share would be said for each.
      if (said.has(sentence)) continue;
      said.add(sentence);
      findings.push(problem(store === 'images' ? 'options' : `options of ${store}`, sentence));
    }
  }
  return findings;
}

/** The traps of Ghost's config, in which it says nothing and does something else. */
function examineConfig(ghost: GhostSettings): Finding[] {
  const { config, source } = ghost;
  const name = adapterName(ghost);
  if (name === undefined) {
    return [problem('config', `${source} has no block for this adapter. See Use in the README.`)];
  }
  const storage = asBlock(config['storage']);
  const findings: Finding[] = [];
  if (storage['active'] === name) {
    findings.push(ok('config', `${source} names ${name} as storage.active.`));
  } else if (at(config, 'adapters', 'storage', 'active') === name) {
    findings.push(
      problem(
        'config',
        'adapters.storage.active makes media and files use the images of this adapter. Write the blocks under "storage".',
      ),
    );
  } else {
    findings.push(
      warning('config', `storage.active is not ${name}: Ghost does not use this adapter yet.`),
    );
  }
  for (const store of STORES.slice(1)) findings.push(examineFeature(ghost, name, store));
  const urls = asBlock(config['urls']) as Record<string, string>;
  findings.push(...assetUrlProblems(urls).map((sentence) => problem('urls', sentence)));
  if (at(config, 'imageOptimization', 'resize') !== false) {
    findings.push(
      warning(
        'originals',
        'Ghost uploads each image twice, once made smaller. "imageOptimization": {"resize": false} keeps one, in full size.',
      ),
    );
  }
  if (!existsSync(ghost.contentPath)) {
    findings.push(problem('content', `The content folder ${ghost.contentPath} is not there.`));
  }
  return findings;
}

function examineFeature(ghost: GhostSettings, name: string, store: StoreName): Finding {
  const feature = at(ghost.config, 'storage', store);
  const should = `"${store}": {"adapter": "${name}", "store": "${store}"}`;
  if (feature === undefined) {
    return warning(store, `stay on this machine. To have them at Cloudinary: ${should}.`);
  }
  const { store: given } = asBlock(feature);
  if (!isGivenTo(ghost, name, store)) {
    return warning(store, `are stored by another adapter. To have them at Cloudinary: ${should}.`);
  }
  if (given === store) return ok(store, 'go to Cloudinary.');
  return problem(
    store,
    `would be taken for images, since nothing says otherwise. Write ${should}.`,
  );
}

function examineSharp(ghost: GhostSettings, ghostEntry: string | undefined): Finding[] {
  if (ghostEntry === undefined || !existsSync(ghostEntry)) {
    return [warning('sharp', "not looked for: name Ghost's folder with --ghost.")];
  }
  if (sharpOfGhost(ghostEntry) !== undefined) return [ok('sharp', "is in Ghost's install.")];
  const shrinks = blockOf(ghost, adapterName(ghost), 'images')['shrink'];
  const lost = shrinks ? 'srcset and shrink do' : 'srcset does';
  return [problem('sharp', `is missing in Ghost's install, without which ${lost} not work.`)];
}
