import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { picture, startTestSite, type TestSite } from '../test-site.ts';

const { soak } = inject('proof');
const FILES = soak ? 500 : 20;

let site: TestSite;
beforeAll(async () => {
  site = await startTestSite();
});
afterAll(() => site[Symbol.asyncDispose]());

test.each([1, 2])(
  `${FILES} different files of one name, uploaded at once from %i processes, get as many URLs`,
  async (processes) => {
    const adapters = Array.from({ length: processes }, () => site.another());
    const pictures = await Promise.all(
      Array.from({ length: FILES }, (_, index) => picture(processes * 100_000 + index, 32, 32)),
    );
    const urls = await Promise.all(
      pictures.map(async (bytes, index) => {
        const upload = await site.upload('image.png', bytes);
        return adapters[index % processes]?.save(upload, `crowd-${processes}`);
      }),
    );
    expect(new Set(urls).size).toBe(FILES);
    for (const [index, url] of urls.entries()) {
      const delivered = await fetch(site.url + url);
      expect(Buffer.from(await delivered.arrayBuffer())).toEqual(pictures[index]);
    }
  },
);
