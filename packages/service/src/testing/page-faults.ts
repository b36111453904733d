import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import axe from 'axe-core';
import type { Browser } from 'playwright-core';

const LOOKS = {
  light: { colorScheme: 'light', viewport: { width: 1_280, height: 900 } },
  dark: { colorScheme: 'dark', viewport: { width: 390, height: 844 } },
} as const;

/**
 * What is wrong with pages, by name and address, in light at a desk and in dark on a phone: what axe finds, what the
 * browser complains of, and a page that is wider than the screen. Leaves a picture of each in `PROSORA_PICTURES`.
 */
export async function pageFaults(
  browser: Browser,
  addresses: Readonly<Record<string, string>>,
): Promise<string[]> {
  const faults: string[] = [];
  for (const [look, options] of Object.entries(LOOKS)) {
    const context = await browser.newContext(options);
    const page = await context.newPage();
    let where = look;
    const found = (fault: string) => void faults.push(`${where}: ${fault}`);
    page.on('pageerror', (error) => found(String(error)));
    page.on('console', (said) => said.type() === 'error' && found(said.text()));
    for (const [name, address] of Object.entries(addresses)) {
      where = `${name}, ${look}`;
      await page.goto(address);
      const pictures = process.env['PROSORA_PICTURES'];
      if (pictures !== undefined) {
        mkdirSync(pictures, { recursive: true });
        await page.screenshot({ path: join(pictures, `${name}-${look}.png`), fullPage: true });
      }
      await page.evaluate(axe.source);
      const violations: string[] = await page.evaluate(`axe.run().then(({ violations }) =>
        violations.map(({ id, nodes }) => id + ': ' + nodes.map(({ html }) => html).join(' ')))`);
      violations.forEach(found);
      const width = await page.evaluate('document.documentElement.scrollWidth');
      if (width !== options.viewport.width) found(`${width} pixels wide`);
    }
    await context.close();
  }
  return faults;
}
