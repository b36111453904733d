import { rm } from 'node:fs/promises';
import path from 'node:path';
import { bootGhost, createAdminClient, GHOST_VERSION, installGhost } from '@prosora/ghost-local';
import { startSandbox } from '@prosora/sandbox';
import { BLOG, POSTS } from './blog.ts';
import { startEdge } from './edge.ts';
import { checkMachine } from './machine.ts';
import { mountAdapter } from './mount-adapter.ts';
import { seedBlog } from './seed.ts';
import type { Settings } from './settings.ts';
import type { Site } from './site.ts';
import { storageConfig } from './storage-config.ts';

/** One thing to do on the way to a running site. */
export interface Step {
  title: string;
  /** Does it, showing progress line by line. Each step may use what those before it put into `site`. */
  run(show: (line: string) => void): Promise<void>;
}

/**
 * The way to a running site. Fills `site` step by step; `opened` receives what has to be closed, in
 * the order it was opened.
 */
export function stepsTo(
  site: Site,
  { fresh, dir, port, sandboxPort, ...settings }: Settings,
  opened: (() => Promise<void>)[],
): Step[] {
  const ghostDir = path.join(dir, 'ghost');
  return [
    {
      title: 'Look at this machine',
      async run() {
        await checkMachine({ fresh, dir, port, sandboxPort, ...settings });
        if (fresh) await rm(dir, { recursive: true, force: true });
      },
    },
    {
      title: `Install Ghost ${GHOST_VERSION}`,
      async run(show) {
        await installGhost({ onProgress: show });
      },
    },
    {
      title: 'Build the storage adapter and unpack it into content/adapters',
      run: () => mountAdapter(path.join(ghostDir, 'content')),
    },
    {
      title: 'Start the stand-ins',
      async run() {
        site.sandbox = await startSandbox({
          port: sandboxPort,
          dataDir: path.join(dir, 'sandbox'),
        });
        opened.push(() => site.sandbox.close());
      },
    },
    {
      title: 'Boot Ghost behind the edge',
      async run(show) {
        site.url = `http://localhost:${port}`;
        site.ghost = await bootGhost({
          dir: ghostDir,
          url: site.url,
          config: storageConfig(site.sandbox),
          onProgress: show,
        });
        opened.push(() => site.ghost.stop());
        const edge = await startEdge({ port, ghostUrl: site.ghost.listenUrl });
        opened.push(() => edge.close());
      },
    },
    {
      title: `Publish ${BLOG.title}, a blog of ${POSTS.length} posts`,
      async run(show) {
        site.admin = createAdminClient(site.ghost);
        await site.admin.setup();
        await seedBlog(site.admin, (title, count) => show(`${count} of ${POSTS.length}: ${title}`));
      },
    },
  ];
}
