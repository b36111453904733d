import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { mrrByDay, stripeMrrEvents } from '../../src/project/definitions.ts';

/** What `tinybird build` of the SDK runs; the package does not export them. */
const generatorOf = (file: string) =>
  import(new URL(`./generator/${file}.js`, import.meta.resolve('@tinybirdco/sdk')).href);

test('our datafiles are what Tinybird’s SDK makes of the definitions (vitest -u writes them)', async () => {
  const { generateDatasource } = await generatorOf('datasource');
  const { generatePipe } = await generatorOf('pipe');
  const datasource = generateDatasource(stripeMrrEvents);
  const pipe = generatePipe(mrrByDay);
  const files = {
    [`${datasource.name}.datasource`]: datasource.content,
    [`${pipe.name}.pipe`]: pipe.content,
  };
  await expect(`${JSON.stringify(files, null, 2)}\n`).toMatchFileSnapshot(
    fileURLToPath(new URL('../../src/project/datafiles.json', import.meta.url)),
  );
});
