import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { pipeline } from 'node:stream/promises';
import { ProsoraError, UsageError, verb } from '@prosora/service';
import { momentOf } from '../logs/moment.ts';
import { GOACCESS_WORDS, requestLines } from '../logs/request-lines.ts';
import { stackOptions } from '../options.ts';

/** GoAccess hears that it shall end only once a line comes, such as one that it passes over. */
const COMMENT = '#\n';
const BEAT_MS = 500;

export const requests = verb({
  help: 'Shows what is asked for while it is, in this terminal by GoAccess, or in a page',
  flags: {
    since: {
      type: 'string',
      value: 'TIME',
      help: 'From then on: 30m, 2h, 7d or 2026-11-29T08:00Z',
    },
    html: {
      type: 'string',
      value: 'FILE',
      help: 'Writes it into this file, which ends with .html',
    },
  },
  needs: stackOptions,
  async run({ flags: { since, html }, options: { dir } }) {
    if (html !== undefined && !html.endsWith('.html'))
      throw new UsageError('The name of the file has to end with .html.');
    const from = since === undefined ? undefined : momentOf(since, new Date());
    const output = html === undefined ? [] : ['--output', html, '--no-progress'];
    const shown = spawn('goaccess', ['-', ...GOACCESS_WORDS, ...output], {
      stdio: ['pipe', 'inherit', 'inherit'],
    });
    shown.stdin.on('error', () => {});
    const beat = setInterval(() => shown.stdin.write(COMMENT), BEAT_MS);
    const lines = requestLines(dir, { since: from, isFollowed: html === undefined });
    // Who closes GoAccess has seen enough of them.
    const fed = pipeline(lines, shown.stdin).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'EPIPE' && error.code !== 'ERR_STREAM_PREMATURE_CLOSE') throw error;
    });
    const ended = once(shown, 'close').catch((cause: unknown) => {
      throw new ProsoraError('GOACCESS_MISSING', 'There is no program "goaccess" here.', {
        help: 'Use ./prosora, which brings it, or install it: https://goaccess.io/download',
        cause,
      });
    });
    try {
      const [[code]] = await Promise.all([ended, fed]);
      return code ?? 1;
    } finally {
      clearInterval(beat);
    }
  },
});
