import type { Message } from '../notify/message.ts';
import { reach, type Telling } from '../notify/reach.ts';
import { period } from '../services/telling.ts';
import type { OpenAlert, OpenAlerts } from './open-alerts.ts';

/** What is known of the moment. */
export interface Moment {
  now: Date;
  /** How long one has to be over until that is told, in milliseconds. */
  calmMs: number;
  /** An end cannot be believed: somebody is at the site on purpose, or nothing is heard of alerts. */
  holdsEnds: boolean;
}

const MOST_LINES = 10;

type Entry = [string, OpenAlert];

/**
 * Tells people of what is new in one message, and of what is over in another. What reached nobody stays as it is, for
 * the next time. Whoever is killed between the telling and the note of it tells it twice.
 *
 * @param keep has the alerts on disk when it returns
 */
export async function tellAlerts(
  current: () => OpenAlerts,
  keep: (alerts: OpenAlerts) => void,
  { now, calmMs, holdsEnds }: Moment,
  telling: Telling,
): Promise<void> {
  const isNew = ([, { isTold }]: Entry) => !isTold;
  // An end that is still to come is of a clock that went back.
  const isOver = ([, { isTold, endedAt }]: Entry) =>
    isTold && endedAt !== undefined && Math.abs(now.getTime() - Date.parse(endedAt)) >= calmMs;
  const fresh = Object.entries(current()).filter(isNew);
  if (fresh.length > 0 && (await reach(messageOf(fresh, telling.site), telling))) {
    // Others may have come meanwhile.
    const told = fresh.map(([id, alert]) => [id, { ...(current()[id] ?? alert), isTold: true }]);
    keep({ ...current(), ...Object.fromEntries(told) });
  }
  const over = holdsEnds ? [] : Object.entries(current()).filter(isOver);
  if (over.length > 0 && (await reach(endOf(over, telling.site), telling))) {
    const ids = over.map(([id]) => id);
    const isLeft = ([id, { endedAt }]: Entry) => !ids.includes(id) || endedAt === undefined;
    keep(Object.fromEntries(Object.entries(current()).filter(isLeft)));
  }
}

function messageOf(entries: readonly Entry[], site: string): Message {
  const isUrgent = entries.some(([, { severity }]) => severity === 'page');
  return {
    title: `${site}: ${subjectOf(entries)} ${entries.length > 1 ? 'need' : 'needs'} you`,
    text: linesOf(entries, ({ summary, command, runbook, endedAt }) => {
      const end = endedAt === undefined ? '' : ' It is over by now.';
      return `${summary}${end} More: ${command}. What to do: ${runbook}`;
    }),
    kind: isUrgent ? 'problem' : 'note',
  };
}

function endOf(entries: readonly Entry[], site: string): Message {
  return {
    title: `${site}: ${subjectOf(entries)} ${entries.length > 1 ? 'are' : 'is'} well again`,
    text: linesOf(entries, ({ since, endedAt = since }) => {
      const seconds = (Date.parse(endedAt) - Date.parse(since)) / 1_000;
      return `It lasted ${period(Math.max(0, seconds))}.`;
    }),
    kind: 'good',
  };
}

function subjectOf(entries: readonly Entry[]): string {
  const names = [...new Set(entries.map(([, { name }]) => name))];
  return names.length > 3 ? `${names.length} things` : names.join(', ');
}

function linesOf(entries: readonly Entry[], sentence: (alert: OpenAlert) => string): string {
  const lines = entries
    .slice(0, MOST_LINES)
    .map(([, alert]) => `${entries.length > 1 ? `${alert.name}: ` : ''}${sentence(alert)}`);
  const left = entries.length - lines.length;
  return [...lines, ...(left > 0 ? [`And ${left} more: ./prosora status`] : [])].join('\n');
}
