import { ask } from './ask.ts';

/** More than fit, since each query is a page of its own. */
const PAGES = 6_000;
const AT_ONCE = 8;

/** Asks for so many different pages that the oldest have to go. */
export async function fillMemory(): Promise<void> {
  let begun = 0;
  const one = async () => {
    while (begun < PAGES) {
      await ask(`/assets/built/screen.css?n=${begun++}`);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, one));
}
