import * as z from 'zod';
import type { Registry } from '../http/metrics.ts';
import { failuresOf, type ReadinessCheck } from '../http/private-listener.ts';

/** What every service says of itself when it is asked for its `status`. */
export const serviceNumbers = {
  isReady: z.boolean().describe('Whether it can do its work'),
  failures: z.array(z.string()).describe('What keeps it from that, a sentence each'),
  metrics: z
    .array(
      z.object({
        name: z.string(),
        labels: z.record(z.string(), z.union([z.string(), z.number()])),
        value: z.number(),
      }),
    )
    .describe('Its counters and gauges, by the names that they have in /metrics'),
};

export type ServiceNumbers = z.output<z.ZodObject<typeof serviceNumbers>>;

/** Where none runs: whoever asks is told so, and gets the rest of a status. */
export const noNumbersOf = (name: string): ServiceNumbers => ({
  isReady: false,
  failures: [`No ${name} runs.`],
  metrics: [],
});

/** The numbers of this process: what `/readyz` and `/metrics` say, as data and without the histograms. */
export async function numbersOf(
  metrics: Registry,
  checks: Record<string, ReadinessCheck>,
): Promise<ServiceNumbers> {
  const failures = await failuresOf(checks);
  const all = await metrics.getMetricsAsJSON();
  const own = all.filter(({ name, type }) => {
    // The types say that it is a number, and it is a word.
    return name.startsWith('prosora_') && String(type) !== 'histogram';
  });
  return {
    isReady: failures.length === 0,
    failures,
    metrics: own.flatMap(({ name, values }) =>
      values.map(({ labels: { service: _, ...labels }, value }) => ({
        name,
        labels: labels as Record<string, string | number>,
        value,
      })),
    ),
  };
}

/** The same as lines for a person: `ready` or what is not, then each number as `/metrics` has it. */
export function numberLines({ isReady, failures, metrics }: ServiceNumbers): string[] {
  const lines = metrics.map(({ name, labels, value }) => {
    const pairs = Object.entries(labels).map(([label, text]) => `${label}="${text}"`);
    return `${name}${pairs.length > 0 ? `{${pairs.join(',')}}` : ''} ${value}`;
  });
  return [...(isReady ? ['ready'] : failures), ...lines];
}
