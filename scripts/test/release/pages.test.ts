import { existsSync, globSync, realpathSync } from 'node:fs';
import path from 'node:path';
import { installGhost } from '@prosora/ghost-local';
import { expect, inject, test } from 'vitest';
import { FIREFOX, hitBody } from '../../../packages/ghost-analytics-tinybird/test/fixtures/hits.ts';
import { onMachine } from './fixtures/machine.ts';
import { codeOf, shellOf } from './fixtures/page.ts';

const { copy, npmrc } = inject('rehearsal');
const ghost = await installGhost();

/** Ghost looks for adapters in the `node_modules` above its folder first, where this repository has its own. */
const NONE_ABOVE = ancestorsOf(realpathSync(ghost.dir))
  .map((dir) => path.join(dir, 'node_modules/@prosora'))
  .filter((dir) => existsSync(dir))
  .map((dir) => `mount -t tmpfs tmpfs ${dir}`)
  .join('\n');

function ancestorsOf(dir: string): string[] {
  const above = path.dirname(dir);
  return above === dir ? [] : [above, ...ancestorsOf(above)];
}

const CONFIG = {
  url: 'http://127.0.0.1:2368/',
  server: { host: '127.0.0.1', port: 2368 },
  logging: { transports: ['stdout'] },
  mail: { transport: 'stub' },
};

/** A Ghost in the places where Ghost-CLI puts it, with the blocks of the adapters' READMEs. */
const ghostCli = async () => {
  const blocks = ['ghost-storage-cloudinary', 'ghost-jobs-durable'].map((name) =>
    JSON.parse(codeOf(`packages/${name}/README.md`, 'json')[0] ?? '{}'),
  );
  const places = {
    database: {
      client: 'better-sqlite3',
      connection: { filename: '/var/www/ghost/content/data/ghost.db' },
    },
    paths: { contentPath: '/var/www/ghost/content' },
  };
  const config = Object.assign({}, CONFIG, places, ...blocks);
  return `${NONE_ABOVE}
useradd --system ghost
mkdir -p /var/www/ghost/versions
cd /var/www/ghost
ln -s ${ghost.dir} versions/${ghost.version}
ln -s versions/${ghost.version} current
cp -r ${ghost.dir}/content content
cat > config.production.json <<'EOF'
${JSON.stringify(config)}
EOF
chmod -R u=rwX,go=rX .
chown -R ghost:ghost content
`;
};

/** What its own unit does, until it answers. */
const GHOST_STARTS = `cd /var/www/ghost
inside runuser -u ghost -- env NODE_ENV=production node current/index.js > /var/log/ghost.log 2>&1 &
inside curl -s --retry 90 --retry-delay 1 --retry-all-errors --fail -o /dev/null http://127.0.0.1:2368/ \
  || { tail -n 20 /var/log/ghost.log; exit 1; }`;

test('beside Ghost-CLI: Ghost runs with the adapters, Ghost-CLI has nothing to refuse, and the services are ready', async ({
  signal,
}) => {
  const { code, output } = await onMachine(
    `${await ghostCli()}
${shellOf('docs/install/ghost-cli.md')}
ready prosora-mail 4201
ready prosora-stripe 4301
${GHOST_STARTS}
${shellOf('docs/install/ghost-cli.md', 'running')}
ghost restart`,
    { npmrc, signal },
  );
  expect(code, output).toBe(0);
  expect(output).toContain('✔ store');
  expect(output).toContain('/var/www/ghost/content/data/prosora-jobs.db can be read and written.');
  expect(output).toContain('prosora-stripe is ready');
});

test('charts without an account: nginx takes a view and the tracker to the collector of the page', async ({
  signal,
}) => {
  const PAGE = 'docs/analytics-without-an-account.md';
  const { code, output } = await onMachine(
    `${await ghostCli()}
${shellOf(PAGE)}
ready prosora-engine 7182
ready prosora-collector 4401
cat > /tmp/nginx.conf <<'EOF'
events {}
http { server { listen 127.0.0.1:8080; ${codeOf(PAGE, 'nginx').join('')} location / { return 404; } } }
EOF
inside nginx -c /tmp/nginx.conf
edge=http://127.0.0.1:8080
inside curl -fsS "$edge/public/ghost-stats.min.js" | cmp - /opt/prosora/node_modules/@prosora/ghost-analytics-tinybird/dist/tracker.js
inside curl -fsS -A '${FIREFOX}' -H 'Origin: https://example.com' -w 'view: %{http_code}' \
  --json '${JSON.stringify(hitBody())}' "$edge/.ghost/analytics/api/v1/page_hit?name=analytics_events"`,
    { npmrc, signal },
  );
  expect(code, output).toBe(0);
  expect(output).toContain('view: 202');
});

/** The official image's entrypoint, as far as it is about who owns what: docker-library/ghost at 6.45. */
const ENTRYPOINT = 'find "$GHOST_CONTENT" ! -user node -exec chown node {} +';

/** The folders of the image, with what a page's compose file mounts into them read-only. */
const officialImage = (mounts: Record<string, string>) => `${NONE_ABOVE}
useradd --uid 1000 node
mkdir -p /var/lib/ghost/content /var/lib/ghost/versions
cd /var/lib/ghost
ln -s ${ghost.dir} versions/${ghost.version}
ln -s versions/${ghost.version} current
cp -r ${ghost.dir}/content/. content
cat > config.production.json <<'EOF'
${JSON.stringify({ ...CONFIG, database: { client: 'better-sqlite3', connection: { filename: '/var/lib/ghost/content/data/ghost.db' } }, paths: { contentPath: '/var/lib/ghost/content/' } })}
EOF
mkdir -p content/data
${Object.entries(mounts)
  .map(
    ([from, to]) => `mkdir -p ${to}
mount --bind ${from} ${to}
mount -o remount,ro,bind ${to}`,
  )
  .join('\n')}
export GHOST_CONTENT=/var/lib/ghost/content
`;
const SITE = 'mkdir /opt/site\ncd /opt/site\n';

test('with the official image: Ghost stores pictures, media and files, and keeps its jobs, by the variables of the page', async ({
  signal,
}) => {
  const PAGE = 'docs/install/official-image.md';
  const variables = [
    ...codeOf(PAGE, 'yaml')
      .join('')
      .matchAll(/^ {6}(\w+): (.+)$/gm),
  ]
    .map(([, name, value = '']) => `${name}=${value.replaceAll(/^"|"$/g, '')}`)
    .map((line) => line.replace(/\$\{.*\}/, 'cloudinary://key:secret@cloud'));
  const { code, output } = await onMachine(
    `${SITE}${shellOf(PAGE)}
${officialImage({ '/opt/site/adapters': '/var/lib/ghost/adapters' })}
${ENTRYPOINT}
inside runuser -u node -- env NODE_ENV=production ${variables.join(' ')} node current/index.js > /var/log/ghost.log 2>&1 &
for path in content/images/2026/11/a.jpg content/media/2026/11/b.mp4 content/files/2026/11/c.pdf; do
  inside curl -s --retry 60 --retry-delay 1 --retry-all-errors --fail -o /dev/null \
    -w '%{redirect_url}\n' "http://127.0.0.1:2368/$path" || { tail -n 20 /var/log/ghost.log; exit 1; }
done
inside runuser -u node -- env NODE_ENV=production ${variables.join(' ')} \
  node adapters/jobs/@prosora/ghost-jobs-durable/dist/cli.js doctor`,
    { npmrc, signal },
  );
  expect(code, output).toBe(0);
  const cloud = 'https://res.cloudinary.com/cloud';
  expect(output).toContain(`${cloud}/image/upload/v1/blog/images/2026/11/a_jpg`);
  expect(output).toContain(`${cloud}/video/upload/v1/blog/media/2026/11/b_mp4`);
  expect(output).toContain(`${cloud}/raw/upload/v1/blog/files/2026/11/c.pdf`);
  expect(output).toContain('/var/lib/ghost/content/data/prosora-jobs.db can be read and written.');
});

test('with the official image: content/adapters read-only starts when it belongs to node, and ends the entrypoint when not', async ({
  signal,
}) => {
  const page = shellOf('docs/install/official-image.md');
  const into = { '/opt/site/content/adapters': '/var/lib/ghost/content/adapters' };
  const start = (change: string) =>
    onMachine(`${SITE}${page}\n${change}\n${officialImage(into)}\n${ENTRYPOINT}`, {
      npmrc,
      signal,
    });
  const [given, kept] = [await start(''), await start('chown -R root:root content/adapters')];
  expect(given.code, given.output).toBe(0);
  expect(kept.output).toContain('Read-only file system');
  expect(kept.code).not.toBe(0);
});

test('with ghost-docker: the override has the variables of the official image’s page', async ({
  signal,
}) => {
  const { code, output } = await onMachine(
    `${SITE}${shellOf('docs/install/ghost-docker.md')}\ncat compose.override.yml .env`,
    { npmrc, signal },
  );
  expect(code, output).toBe(0);
  const own = ['CLOUDINARY_URL', 'PROSORA_STORAGE_FOLDER'];
  const [pictures = '', jobs = ''] = codeOf('docs/install/official-image.md', 'yaml');
  const lines = pictures
    .trim()
    .split('\n')
    .filter((line) => !own.some((name) => line.includes(name)));
  expect(output).toContain(lines.join('\n'));
  for (const line of jobs.match(/^ +adapters__.+$/gm) ?? ['none']) expect(output).toContain(line);
  expect(output).toContain('CLOUDINARY_URL=');
});

test('no install page has lines that nothing runs', () => {
  const run = ['ghost-cli', 'official-image', 'ghost-docker', 'one-package'];
  const others = globSync('docs/install/*.md', { cwd: copy }).filter(
    (page) => !run.includes(path.basename(page, '.md')),
  );
  for (const page of others) expect(shellOf(page), page).toBe('');
});
