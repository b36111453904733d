import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test, vi } from 'vitest';
import { closedPlaceOf } from '../../src/drill/closed-project.ts';
import { effectiveSettings } from '../../src/settings/effective.ts';
import { readEnvFile } from '../../src/settings/env-file.ts';
import { placeIn } from '../fixtures/place.ts';
import { stackFolder } from '../fixtures/stack-folder.ts';

const SITE = `DOMAIN=blog.example.com
ADMIN_DOMAIN=admin.example.com
MEDIA=cloudinary
CLOUDINARY_URL=cloudinary://11111:of-the-cloud@ada?secure_distribution=pictures.example.com
CLOUDINARY_FOLDER=blog
RESEND_API_KEY=re_of-the-site
RESEND_WEBHOOK_SECRET=whsec_of-the-site
STRIPE_WEBHOOK_SECRET=whsec_of-stripe
DATABASE_URL=mysql://ada:of-the-database@db.example.com/blog
NOTIFY_NTFY_URL=https://:of-ntfy@ntfy.example.com/topic
AWS_SECRET_ACCESS_KEY=of-the-backups
MYSQL_IMAGE=mysql:8.0
portal__url=https://cdn.example.com/portal.js
mail__transport=SMTP
mail__options__auth__pass=of-the-mail
security__staffDeviceVerification=true
`;

function closed() {
  const dir = stackFolder(SITE);
  const place = closedPlaceOf(placeIn(dir), effectiveSettings(dir, process.env), { name: 'drill' });
  return { place, folder: join(dir, '.prosora/care/drill') };
}

test('no key, no address and no secret of the site is in a closed project', () => {
  const { folder, place } = closed();
  const files = readdirSync(folder).filter((name) => /env|json/.test(name));
  const told = files.map((name) => readFileSync(join(folder, name), 'utf8')).join();
  expect(files.sort()).toEqual(['.env', 'override.json']);
  const all = told + JSON.stringify(place.environment);
  expect(all.match(/of-\w+|example\.com(?!\/portal)/g)).toBeNull();
});

test('it is made of what the site is made of, and finds its pictures', () => {
  const { values } = readEnvFile(closed().folder);
  expect(values).toMatchObject({
    MEDIA: 'cloudinary',
    CLOUDINARY_URL: 'cloudinary://closed:closed@ada',
    CLOUDINARY_FOLDER: 'blog',
    MYSQL_IMAGE: 'mysql:8.0',
    portal__url: 'https://cdn.example.com/portal.js',
    DOMAIN: 'drill.invalid',
  });
  expect(Object.keys(values)).not.toContain('security__staffDeviceVerification');
  expect(Object.keys(values)).not.toContain('mail__transport');
});

test('its database is its own, whatever this shell says', () => {
  vi.stubEnv('DATABASE_URL', 'mysql://ada:of-the-shell@db.example.com/blog');
  onTestFinished(() => {
    vi.unstubAllEnvs();
  });
  const { place } = closed();
  expect(place.environment).toMatchObject({ DATABASE_URL: '', COMPOSE_PROFILES: '' });
  expect(place.databaseElsewhere).toBeUndefined();
});

test('each of its networks leads nowhere, and the machine has no address in any', () => {
  const { networks } = JSON.parse(readFileSync(join(closed().folder, 'override.json'), 'utf8'));
  const file = readFileSync(join(import.meta.dirname, '../../../../docker-compose.yml'), 'utf8');
  const [, all = ''] = /^networks:\n([\s\S]*?)^\w/m.exec(file) ?? [];
  const names = [...all.matchAll(/^ {2}(\w+):/gm)].map(([, name]) => name);
  expect(Object.keys(networks).sort()).toEqual(names.sort());
  for (const network of Object.values(networks)) {
    expect(network).toEqual({
      internal: true,
      driver_opts: { 'com.docker.network.bridge.inhibit_ipv4': 'true' },
    });
  }
});
