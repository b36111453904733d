import { counted } from '@prosora/service/look';
import type { Numbers } from './api/every-service.ts';

/** The sum of a metric over all its labels but those given; 0 where the service does not have it. */
export function numberOf(
  { metrics }: Pick<Numbers, 'metrics'>,
  name: string,
  labels: Readonly<Record<string, string>> = {},
): number {
  const wanted = Object.entries(labels);
  return metrics
    .filter((one) => one.name === name)
    .filter((one) => wanted.every(([label, value]) => String(one.labels[label]) === value))
    .reduce((sum, { value }) => sum + value, 0);
}

/** How many there are of each kind, in words: `dead 7, done 12,000`. */
export function countsOf(counts: Readonly<Record<string, number>>): string {
  const said = Object.entries(counts).map(([kind, count]) => `${kind} ${counted(count)}`);
  return said.join(', ') || 'none';
}
