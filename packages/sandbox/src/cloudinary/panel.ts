import { readFile } from 'node:fs/promises';
import { type Html, html } from '@prosora/service/look';
import type { Asset } from './asset.ts';
import { type DeriveContext, derive } from './derive.ts';
import { deliveryUrl } from './describe-asset.ts';

const SHOWN = 60;
const THUMBNAIL = { crop: 'fill', width: 160, height: 120 } as const;

/** The stored assets, newest first, for the console page. */
export async function assetsPanel(context: DeriveContext): Promise<Html> {
  const assets = context.store.list();
  const bytes = assets.reduce((sum, asset) => sum + asset.bytes, 0);
  const newest = assets.toSorted((a, b) => b.version - a.version).slice(0, SHOWN);
  const cards = await Promise.all(newest.map((asset) => card(asset, context)));
  return html`<h3>Assets: ${assets.length}, ${formatBytes(bytes)}</h3>
<div class="assets">${cards}</div>`;
}

async function card(asset: Asset, context: DeriveContext): Promise<Html> {
  const size = asset.width === undefined ? [] : [`${asset.width} × ${asset.height}`];
  const kind = asset.format ?? asset.resourceType;
  const original = deliveryUrl(asset, context.account, { format: asset.format });
  return html`<a href="${original}">${await picture(asset, context)}
<b>${asset.publicId}</b>
<span class="dim">${[kind, ...size, formatBytes(asset.bytes)].join(', ')}</span></a>`;
}

/** Inside the page, so that looking at it neither fills the request log nor uses up a fault. */
async function picture(asset: Asset, context: DeriveContext): Promise<Html> {
  try {
    const { path } = await derive(asset, [THUMBNAIL], 'webp', context);
    const data = await readFile(path, 'base64');
    return html`<img src="data:image/webp;base64,${data}" alt="" width="160" height="120">`;
  } catch {
    return html`<i>${asset.format ?? 'raw'}</i>`;
  }
}

function formatBytes(bytes: number): string {
  if (bytes < 1_000) return `${bytes} B`;
  return bytes < 1_000_000 ? `${Math.round(bytes / 1_000)} kB` : `${(bytes / 1e6).toFixed(1)} MB`;
}
