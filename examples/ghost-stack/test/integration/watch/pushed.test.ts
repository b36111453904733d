import { once } from 'node:events';
import { join } from 'node:path';
import { lacks } from '@prosora/service/programs';
import { expect, test } from 'vitest';
import { startMetrics } from './replay.ts';
import { WATCH } from './waits.ts';

test.skipIf(lacks('victoriametrics'))(
  'of what is pushed only numbers of Ghost are kept (needs victoria-metrics)',
  async () => {
    const { child, url } = await startMetrics(`-relabelConfig=${join(WATCH, 'pushed.yml')}`);
    const push = async (path: string, ...lines: string[]) => {
      const body = lines.map((line) => `${line} 1\n`).join('');
      const to = `${url}/api/v1/import/prometheus/metrics/job/${path}`;
      expect((await fetch(to, { method: 'POST', body })).ok).toBe(true);
    };
    await push('ghost', 'ghost_a{kind="one"}', 'ghost_b{job="ops"}', 'up', 'prosora_care_running');
    await push(
      'ghost',
      'ghost_c{__name__="prosora_care_running"}',
      'prosora_d{__name__="ghost_d"}',
    );
    await push('ghost?extra_label=__name__=prosora_care_running', 'ghost_e');
    await push('ghost?extra_label=job=ops', 'prosora_care_running');
    await push('ops', 'prosora_part_up');
    await fetch(`${url}/internal/force_flush`);
    const kept = await (await fetch(`${url}/api/v1/series?match[]={job!=""}`)).json();
    child.kill();
    await once(child, 'exit');
    const names = (kept as { data: Record<string, string>[] }).data.map(
      ({ __name__: name, job }) => `${name} ${job}`,
    );
    expect(names.sort()).toEqual([
      ...['a', 'b', 'c', 'e'].map((letter) => `ghost_${letter} ghost`),
      'prosora_part_up ops',
    ]);
  },
);
