import type { CloudAccount } from './account.ts';
import type { Asset, AssetKey, EagerDerived } from './asset.ts';
import { signDelivery, signParams } from './signature.ts';

/** Where an asset or a derived file is delivered; signed where delivery asks for it. */
export function deliveryUrl(
  { resourceType, type, publicId, version }: AssetKey & { version: number },
  account: CloudAccount,
  { transformation = '', format }: { transformation?: string; format?: string | undefined } = {},
): string {
  const id = publicId.split('/').map(encodeURIComponent).join('/');
  const source = format === undefined || resourceType === 'raw' ? id : `${id}.${format}`;
  const signature =
    type === 'authenticated' &&
    `s--${signDelivery([transformation, source].filter(Boolean).join('/'), account.apiSecret, {
      algorithm: account.settings.current.signatureAlgorithm,
      length: 8,
    })}--`;
  const parts = [resourceType, type, signature, transformation, `v${version}`, source];
  return [account.deliveryUrl, ...parts.filter(Boolean)].join('/');
}

/** What the APIs have in common when they describe an asset. */
export function describeAsset(asset: Asset, account: CloudAccount) {
  const url = deliveryUrl(asset, account, { format: asset.format });
  const dynamic = account.settings.current.folderMode === 'dynamic';
  return {
    asset_id: asset.assetId,
    public_id: asset.publicId,
    version: asset.version,
    version_id: asset.versionId,
    ...(asset.width !== undefined && { width: asset.width, height: asset.height }),
    ...(asset.format !== undefined && { format: asset.format }),
    resource_type: asset.resourceType,
    created_at: asset.createdAt,
    tags: asset.tags,
    ...(asset.pages !== undefined && { pages: asset.pages }),
    bytes: asset.bytes,
    type: asset.type,
    etag: asset.etag,
    placeholder: false,
    url,
    secure_url: url,
    ...(dynamic && { asset_folder: asset.assetFolder, display_name: asset.displayName }),
    ...(!dynamic && { folder: asset.publicId.split('/').slice(0, -1).join('/') }),
    access_mode: 'public',
    ...(Object.keys(asset.context).length > 0 && { context: { custom: asset.context } }),
  };
}

/** The Upload API's answer, signed so that a browser's word for it can be checked. */
export function describeUpload(asset: Asset, account: CloudAccount) {
  const { public_id, version } = describeAsset(asset, account);
  const signature = signParams(
    { public_id, version: String(version) },
    account.apiSecret,
    account.settings.current.signatureAlgorithm,
  );
  return {
    ...describeAsset(asset, account),
    signature,
    original_filename: asset.originalFilename,
    ...(asset.eager.length > 0 && {
      eager: asset.eager.map((derived) => describeDerived(asset, derived, account)),
    }),
    api_key: account.apiKey,
  };
}

/** One derived file, as uploads and the Admin API list them. */
export function describeDerived(asset: Asset, derived: EagerDerived, account: CloudAccount) {
  const url = deliveryUrl(asset, account, derived);
  return { ...derived, url, secure_url: url };
}
