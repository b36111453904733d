import path from 'node:path';
import { expect, inject, test } from 'vitest';
import { codeOf, shellOf } from './fixtures/page.ts';
import { NODES, userProject } from './fixtures/user.ts';

const { npmrc } = inject('rehearsal');
const PAGE = 'docs/install/one-package.md';
const TYPES = path.resolve(import.meta.dirname, '../../../node_modules/@types');
const COMPILER = path.resolve(import.meta.dirname, '../../../node_modules/typescript/bin/tsc');

/** Signs a payment's event and prints what `verify` makes of it. */
const ROUND = `const secrets = ['whsec_0123456789abcdef'];
const body = Buffer.from(JSON.stringify({ id: 'evt_1', object: 'event', type: 'invoice.paid', data: { object: {} } }));
const verification = verify(body, sign(body, { secrets }), { secrets });
console.log(JSON.stringify(verification));`;
const NAMES = '{ sign, verify }';
const FROM = '@prosora/ghost-webhooks-stripe';

test.each(Object.entries(NODES))(
  'in a project on Node %s the verifier is there for import, require and TypeScript',
  async (major, node) => {
    const project = userProject({ node, npmrc });
    await project.sh(shellOf(PAGE));
    project.write('esm.mjs', `import ${NAMES} from '${FROM}';\n${ROUND}`);
    project.write('cjs.cjs', `const ${NAMES} = require('${FROM}');\n${ROUND}`);
    const verified = await project.sh('node --version; node esm.mjs; node cjs.cjs');
    const [version, ...results] = verified.trim().split('\n');
    expect(version).toMatch(`v${major}.`);
    const verification = expect.objectContaining({ ok: true });
    expect(results.map((line) => JSON.parse(line))).toEqual([verification, verification]);

    const [example = ''] = codeOf(PAGE, 'js');
    project.write('types.mts', `import ${NAMES} from '${FROM}';\n${ROUND}`);
    project.write(
      'types.cts',
      `import stripe = require('${FROM}');\nconst ${NAMES} = stripe;\n${ROUND}`,
    );
    project.write('page.mjs', example.replace('.listen(3000)', '.listen(0).unref()'));
    await project.sh(`STRIPE_WEBHOOK_SECRET=whsec_0123456789abcdef node page.mjs
node ${COMPILER} --noEmit --strict --skipLibCheck --types node --typeRoots ${TYPES} --module nodenext --lib es2023,dom types.mts types.cts`);
  },
);
