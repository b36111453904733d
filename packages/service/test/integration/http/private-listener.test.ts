import { request } from 'node:http';
import { afterEach, expect, test } from 'vitest';
import {
  Counter,
  createMetrics,
  Gauge,
  type Listener,
  type PrivateListenerOptions,
  startPrivateListener,
} from '../../../src/index.ts';

let listener: Listener | undefined;
afterEach(() => listener?.close(0));

const start = async (checks = {}, more: Partial<PrivateListenerOptions> = {}) => {
  const metrics = createMetrics('test');
  listener = await startPrivateListener({ host: '127.0.0.1', port: 0, metrics, checks, ...more });
  return { metrics, url: listener.url, port: listener.port };
};
const get = async (url: string, init?: RequestInit) => {
  const response = await fetch(url, init);
  return `${response.status} ${await response.text()}`;
};

test('a live and ready process answers ok twice', async () => {
  const { url } = await start({ store: async () => {} });
  expect(await get(`${url}/livez`)).toBe('200 ok\n');
  expect(await get(`${url}/readyz`)).toBe('200 ok\n');
});

test('readiness names each check that fails, while the process stays live', async () => {
  const { url } = await start({
    store: () => {
      throw new Error('the disk is full');
    },
    upstream: async () => {},
  });
  expect(await get(`${url}/readyz`)).toBe('503 store: the disk is full\n');
  expect(await get(`${url}/livez`)).toBe('200 ok\n');
});

test('metrics are Prometheus text with the name of the service', async () => {
  const { url, metrics } = await start();
  new Counter({ name: 'prosora_test_total', help: 'A test.', registers: [metrics] }).inc(2);
  const text = await get(`${url}/metrics`);
  expect(text).toContain('prosora_test_total{service="test"} 2');
  expect(text).toContain('process_resident_memory_bytes');
});

test('other paths and methods are refused', async () => {
  const { url } = await start();
  expect(await get(`${url}/admin`)).toMatch(/^404 /);
  expect(await get(`${url}/metrics`, { method: 'POST' })).toMatch(/^405 /);
});

test('a busy port is one sentence with a remedy', async () => {
  const { port } = await start();
  const second = startPrivateListener({
    host: '127.0.0.1',
    port,
    metrics: createMetrics('second'),
  });
  await expect(second).rejects.toMatchObject({
    code: 'LISTEN_FAILED',
    message: `Cannot listen on 127.0.0.1:${port}. Another program has it: stop that one or choose another port.`,
  });
});

test('an error of a route or of a metric is answered 500, and the process goes on', async () => {
  const errors: unknown[] = [];
  const gone = new Error('the database is away');
  const { url, metrics } = await start(
    {},
    {
      routes: async ({ url: path = '/' }) => {
        if (path === '/page') throw gone;
        return new URL(path, 'http://page').pathname === '/never';
      },
      onError: (error) => errors.push(error),
    },
  );
  const collect = () => Promise.reject(gone);
  new Gauge({ name: 'prosora_test_rows', help: 'A test.', registers: [metrics], collect });
  expect(await get(`${url}/page`)).toMatch(/^500 /);
  expect(await get(`${url}/metrics`)).toMatch(/^500 /);
  expect(errors).toEqual([gone, gone]);
  expect(await get(`${url}/livez`)).toBe('200 ok\n');
});

test('a path that is none is not found', async () => {
  const { url, port } = await start(
    {},
    { routes: async ({ url: path = '/' }) => !new URL(path, 'http://page') },
  );
  const status = await new Promise((resolve) => {
    request({ port, path: '//', host: '127.0.0.1' }, ({ statusCode }) => resolve(statusCode)).end();
  });
  expect(status).toBe(404);
  expect(await get(`${url}/livez`)).toBe('200 ok\n');
});
