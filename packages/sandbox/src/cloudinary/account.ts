import type { Settings } from '../stand-in/settings.ts';
import type { CloudinarySettings, CloudinarySettingsInput } from './settings.ts';

/** The one cloud of the stand-in and who may use it. */
export interface CloudAccount {
  cloudName: string;
  apiKey: string;
  apiSecret: string;
  /** What stands before `/image/upload/…` in a delivery URL: the origin, and the cloud name unless the CDN is private. */
  deliveryUrl: string;
  settings: Settings<CloudinarySettingsInput, CloudinarySettings>;
}
