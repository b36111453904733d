import { certificateTimes } from './edge.ts';
import type { Subject } from './keep-gauges.ts';

/** What the edge shows to readers, and not what it keeps in its files. */
export function watchCertificates(names: () => readonly string[]): Subject {
  return {
    of: 'certificates',
    scrapes: 240,
    async read() {
      const begin = new Map<string, number>();
      const end = new Map<string, number>();
      for (const name of names()) {
        const times = await certificateTimes(name);
        begin.set(name, times.begin);
        end.set(name, times.end);
      }
      return {
        prosora_certificate_begin_seconds: ['name', begin],
        prosora_certificate_end_seconds: ['name', end],
      };
    },
  };
}
