import type { AdminRequest } from './request.ts';
import { openUpload, type UploadSource } from './uploads.ts';

/** An installed theme. */
export interface GhostTheme {
  name: string;
  active: boolean;
  package: Record<string, unknown>;
}

/** The themes of a site. */
export interface Themes {
  browse(): Promise<GhostTheme[]>;
  activate(name: string): Promise<GhostTheme>;
  /** Uploads a zip; the theme's name is the file's. */
  upload(source: UploadSource): Promise<GhostTheme>;
}

/** The theme routes of the Admin API. */
export function createThemes(request: AdminRequest): Themes {
  type Envelope = { themes: GhostTheme[] };
  const only = ({ themes: [theme] }: Envelope): GhostTheme => {
    if (!theme) throw new Error('Ghost answered without a theme');
    return theme;
  };
  return {
    browse: async () => (await request<Envelope>('GET', 'themes')).themes,
    activate: async (name) => only(await request('PUT', `themes/${name}/activate`)),
    async upload(source) {
      const form = new FormData();
      form.append('file', await openUpload(source));
      return only(await request('POST', 'themes/upload', { form }));
    },
  };
}
