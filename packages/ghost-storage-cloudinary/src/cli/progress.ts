/** How far a command is. */
export interface Progress {
  done: number;
  total: number;
  /** Bytes that went over the line so far. */
  bytes: number;
}

/** Shows progress while a command works, and goes away at its end. */
export interface ProgressBar {
  update(progress: Progress): void;
  end(): void;
}

const WIDTH = 24;
/** On a terminal the line is drawn anew; elsewhere a log should not fill up with it. */
const DRAW_EVERY_MS = { terminal: 100, log: 10_000 };

interface Output {
  isTTY?: boolean;
  write(text: string): unknown;
}

export function createProgressBar(
  output: Output = process.stderr,
  now: () => number = () => performance.now(),
): ProgressBar {
  const startedAt = now();
  const everyMs = output.isTTY ? DRAW_EVERY_MS.terminal : DRAW_EVERY_MS.log;
  let drawnAt = startedAt;
  return {
    update(progress) {
      const at = now();
      if (at - drawnAt < everyMs && progress.done < progress.total) return;
      drawnAt = at;
      const line = progressLine(progress, at - startedAt);
      output.write(output.isTTY ? `\r\x1b[K${line}` : `${line}\n`);
    },
    end() {
      if (output.isTTY) output.write('\r\x1b[K');
    },
  };
}

/** `[######------]  50 %  150/300  42 files/s  3.1 MB/s  4 s left` */
export function progressLine({ done, total, bytes }: Progress, elapsedMs: number): string {
  const share = total === 0 ? 1 : done / total;
  const filled = Math.round(share * WIDTH);
  const seconds = Math.max(elapsedMs, 1) / 1000;
  const rate = done / seconds;
  const left = rate === 0 ? '' : `  ${duration((total - done) / rate)} left`;
  return (
    `[${'#'.repeat(filled)}${'-'.repeat(WIDTH - filled)}] ${Math.floor(share * 100)} %  ` +
    `${done}/${total}  ${rate.toFixed(rate < 10 ? 1 : 0)} files/s  ` +
    `${(bytes / seconds / 1e6).toFixed(1)} MB/s${left}`
  );
}

/** `4 s`, `3 min 20 s`, `2 h 5 min` */
export function duration(seconds: number): string {
  const whole = Math.ceil(seconds);
  if (whole < 60) return `${whole} s`;
  const minutes = Math.floor(whole / 60);
  if (minutes < 60) return `${minutes} min ${whole % 60} s`;
  return `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}
