import { openEngine } from '../stack/docker-socket.ts';

/** A line as Docker has it. */
export interface DockerLine {
  /** When Docker took it, as an ISO time with nanoseconds. */
  time: string;
  text: string;
}

/** Which log is followed, and from where. */
interface Followed {
  /** Of the container. */
  id: string;
  /** The time of the first line; all that Docker has without it. */
  since: string | undefined;
  signal: AbortSignal;
}

/** A size in each frame's head, which is eight bytes long. */
const HEAD = 8;
const SIZE_AT = 4;
/** Docker cuts a line into pieces of 16 KB. What is longer than this by far is nobody's line of a log. */
const LONGEST_LINE = 65_536;
const SPACE = 0x20;
const NEWLINE = 0x0a;

/**
 * Hands on a container's lines, as many at once as Docker sends, until the container ends. Whoever is slow to take them
 * delays nobody: Docker writes its files, and reads here from them.
 *
 * Frames: https://docs.docker.com/reference/api/engine/version/v1.45/#tag/Container/operation/ContainerAttach
 *
 * @throws what `openEngine` and the connection throw
 */
export async function* followLog({ id, since, signal }: Followed) {
  const query = new URLSearchParams({ follow: '1', stdout: '1', stderr: '1', timestamps: '1' });
  if (since) query.set('since', unixTime(since));
  const response = await openEngine(`/containers/${id}/logs?${query}`, signal);
  const begun = new Map<number, Begun>();
  let rest: Buffer = Buffer.alloc(0);
  for await (const chunk of response) {
    rest = rest.length > 0 ? Buffer.concat([rest, chunk]) : chunk;
    const lines: DockerLine[] = [];
    while (rest.length >= HEAD && rest.length >= HEAD + rest.readUInt32BE(SIZE_AT)) {
      const end = HEAD + rest.readUInt32BE(SIZE_AT);
      const line = joined(begun, rest.readUInt8(), rest.subarray(HEAD, end));
      if (line) lines.push(line);
      rest = rest.subarray(end);
    }
    if (lines.length > 0) yield lines;
  }
}

/** A line whose end has not come. */
interface Begun {
  time: string;
  pieces: Buffer[];
  bytes: number;
}

/** Each piece has the line's time before it. */
function joined(begun: Map<number, Begun>, stream: number, frame: Buffer): DockerLine | undefined {
  const space = frame.indexOf(SPACE);
  const isLast = frame.at(-1) === NEWLINE;
  const piece = frame.subarray(space + 1, isLast ? -1 : undefined);
  const line = begun.get(stream) ?? {
    time: frame.toString('latin1', 0, space),
    pieces: [],
    bytes: 0,
  };
  if (line.bytes < LONGEST_LINE) line.pieces.push(piece);
  line.bytes += piece.length;
  if (!isLast) {
    begun.set(stream, line);
    return undefined;
  }
  begun.delete(stream);
  const text = Buffer.concat(line.pieces)
    .toString()
    .replaceAll(/[\r\n]/g, ' ');
  return { time: line.time, text };
}

/** In seconds, with all digits of the fraction. */
function unixTime(iso: string): string {
  const [, fraction = '0'] = /\.(\d+)Z$/.exec(iso) ?? [];
  return `${Math.floor(Date.parse(iso) / 1000)}.${fraction.padEnd(9, '0')}`;
}
