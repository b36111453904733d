import {
  badge,
  card,
  type Html,
  html,
  localOf,
  momentOf,
  notice,
  type Tone,
  table,
  when,
} from '@prosora/service/look';
import type { Page } from '../guard/section.ts';
import type { Query } from '../look/address.ts';
import { searchForm } from '../look/form.ts';
import { quoted } from '../look/quoted.ts';
import { answerCard, answerOf } from '../services/answer.ts';
import type { Said } from '../services/services.ts';
import { type Ops, PATIENT } from './ops.ts';

type Lines = Said<'ops', 'logs'>['items'];

const TONES: Readonly<Record<string, Tone>> = { error: 'bad', warn: 'warn' };
const LEVELS = ['debug', 'info', 'warn', 'error'];

/**
 * What a service said around a moment. Its form is posted, since the words that are looked for may be a reader's address;
 * a link has all but those.
 */
export const logsPage: Page<Ops> = async (ops, query, frame) => {
  const { zone } = frame;
  const { service = '', at: moment, minutes = '', match = '', level = '' } = query;
  const parts = await answerOf('ops', ops.get('parts'));
  const services = (parts.value?.items ?? []).map(({ part }) => part);
  const wanted = momentOf(moment, zone) ?? new Date().toISOString();
  const asked = { service, at: wanted, minutes, match, level };
  const lines = service === '' ? undefined : await answerOf('ops', ops.get('logs', asked, PATIENT));
  const fields = [
    // One that does not run now may have said something.
    services.length > 0
      ? { name: 'service', label: 'Service', value: service, options: services }
      : { name: 'service', label: 'Service', value: service },
    {
      name: 'at',
      label: `Moment (${zone})`,
      value: localOf(wanted, zone),
      type: 'datetime-local' as const,
    },
    { name: 'minutes', label: 'Minutes around it', value: minutes || '5', type: 'number' as const },
    { name: 'level', label: 'At least', value: level, options: LEVELS },
    { name: 'match', label: 'With the words', value: match },
  ];
  const form = searchForm({ action: '/care/logs', label: 'Show', fields }, frame);
  const body = html`${card('Which', html`${form}<p class="verb">or <code>${commandOf(asked)}</code></p>`)}
${parts.problem ? notice(parts.problem) : ''}
${answerCard(service, lines, ({ items }) => linesOf(items, zone))}`;
  return { title: 'Logs around a moment', body, problem: lines?.problem };
};

/** The line to type; quoted, since it may be copied. */
function commandOf({ service, at: moment, minutes, match, level }: Query): string {
  const flags = { around: moment, minutes, grep: match, level };
  const words = Object.entries(flags).flatMap(([name, value]) =>
    value ? [`--${name}`, quoted(value)] : [],
  );
  return ['./prosora logs', quoted(service || 'SERVICE'), ...words].join(' ');
}

function linesOf(lines: Lines, zone: string): Html {
  return table({
    caption: 'Lines of the log',
    columns: ['When', 'Level', 'What it said'],
    rows: lines.map(({ time, level, text }) => [
      when(time, zone),
      badge(level, TONES[level] ?? 'quiet'),
      html`<code>${text}</code>`,
    ]),
    none: 'It said nothing then.',
  });
}
