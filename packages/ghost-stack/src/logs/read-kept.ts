import { composeLines } from '../stack/compose.ts';

/** Which kept lines are wanted. */
export interface Wanted {
  /** All of them where it is empty. */
  services: readonly string[];
  since: Date;
  until: Date | undefined;
}

/** Runs where the kept files are, with the first moment, the last and the services. */
const SCRIPT = `
cd /logs && for file in */*.log */*.log.gz; do
  service=\${file%%/*} day=\${file#*/}
  [ -f "$file" ] && ! [ "\${day%%.*}" \\< "\${1%%T*}" ] && ! [ "\${day%%.*}" \\> "\${2%%T*}" ] || continue
  case " $3 " in '  ' | *" $service "*) ;; *) continue ;; esac
  case $file in *.gz) zcat "$file" ;; *) cat "$file" ;; esac |
    awk -v service="$service" -v from="$1" -v to="$2" '$1 >= from && $1 <= to { print service " | " $0 }'
done`;
/** After every time there is. */
const NEVER = '9999';

/**
 * The lines that `ops` has kept of a stack, as Compose prints those that Docker has; each file's in their order.
 *
 * @throws ProsoraError `DOCKER`
 */
export function readKept(dir: string, { services, since, until }: Wanted): AsyncIterable<string> {
  const run = ['run', '--rm', '--no-deps', '-T', 'ops', 'sh', '-c', SCRIPT, 'sh'];
  const bounds = [since.toISOString(), until?.toISOString() ?? NEVER];
  return composeLines(dir, [...run, ...bounds, services.join(' ')]);
}
