// npm run bench -- NAME [--check] [--json FILE]
import { readdirSync, writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { parseArgs } from 'node:util';
import type { Bench, Figure } from './figure.ts';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { check: { type: 'boolean', default: false }, json: { type: 'string' } },
});
const subjects = readdirSync(import.meta.dirname)
  .filter((file) => !['run.ts', 'figure.ts', 'quantile.ts'].includes(file) && file.endsWith('.ts'))
  .map((file) => file.slice(0, -'.ts'.length));
const unknown = positionals.filter((name) => !subjects.includes(name));
if (positionals.length === 0 || unknown.length > 0) {
  console.error(
    `Say what to measure: npm run bench -- ${subjects.join(' | ')} [--check] [--json FILE]`,
  );
  process.exit(2);
}

const results: Record<string, Figure[]> = {};
for (const subject of positionals) {
  const bench = (await import(`./${subject}.ts`)) as Bench;
  const figures = await bench.run();
  results[subject] = figures;
  console.log(`\n${subject}, ${cpus().length} cores, Node ${process.versions.node}`);
  console.table(Object.fromEntries(figures.map((figure) => [figure.name, rowOf(figure)])));
}

const missed = Object.values(results)
  .flat()
  .filter((figure) => figure.budget?.met === false);
if (values.json) {
  const machine = { cores: cpus().length, model: cpus()[0]?.model, node: process.versions.node };
  const report = { measuredAt: new Date().toISOString(), machine, results };
  writeFileSync(values.json, `${JSON.stringify(report, null, 2)}\n`);
}
for (const figure of missed) console.error(`missed: ${figure.name}, ${figure.budget?.description}`);
if (values.check && missed.length > 0) process.exit(1);

function rowOf({ value, unit, yardstick, budget }: Figure): Record<string, string> {
  return {
    measured: `${rounded(value)} ${unit}`,
    yardstick: yardstick ? `${rounded(yardstick.value)} ${unit} (${yardstick.name})` : '',
    ratio: yardstick ? (value / yardstick.value).toFixed(2) : '',
    budget: budget ? `${budget.description}: ${budget.met ? 'met' : 'MISSED'}` : '',
  };
}

function rounded(value: number): string {
  return value.toLocaleString('en', { maximumFractionDigits: value < 10 ? 2 : 0 });
}
