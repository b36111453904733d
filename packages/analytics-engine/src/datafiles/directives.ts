import { EngineError } from '../errors.ts';

/** One directive of a datafile, such as `ENGINE_SORTING_KEY` with its value or `SQL` with its block. */
export interface Directive {
  keyword: string;
  value: string;
}

// https://www.tinybird.co/docs/forward/dev-reference/datafiles
const DIRECTIVE =
  /^(DESCRIPTION|TOKEN|SCHEMA|ENGINE(?:_[A-Z_]+)?|INDEXES|FORWARD_QUERY|SHARED_WITH|TAGS|VERSION|NODE|SQL|TYPE|DATASOURCE|TARGET_DATASOURCE|CACHE|DEPLOYMENT_METHOD|(?:COPY|KAFKA|IMPORT)_[A-Z_]+)(?:[ \t]+(.*))?$/i;

/**
 * The directives of a datafile in order. `X >` takes the lines up to the next directive; a line that
 * starts with `#` outside such a block is a comment.
 *
 * @throws EngineError `DATAFILE_INVALID` for a line that belongs to no directive.
 */
export function parseDirectives(text: string, file: string): Directive[] {
  const directives: Directive[] = [];
  let block: string[] | undefined;
  const closeBlock = (): void => {
    const last = directives.at(-1);
    if (block && last) last.value = block.join('\n').trim();
    block = undefined;
  };
  for (const [index, line] of text.split(/\r?\n/).entries()) {
    const match = DIRECTIVE.exec(line);
    if (match) {
      closeBlock();
      const value = (match[2] ?? '').trim();
      directives.push({ keyword: (match[1] ?? '').toUpperCase(), value });
      if (value === '>') block = [];
    } else if (block) {
      block.push(line);
    } else if (line.trim() !== '' && !line.startsWith('#')) {
      throw new EngineError('DATAFILE_INVALID', `${file}:${index + 1}: not a directive: ${line}`);
    }
  }
  closeBlock();
  return directives;
}

/** A value without the quotes that older datafiles put around it. */
export function unquoted(value: string): string {
  return value.replace(/^(["'])(.*)\1$/, '$2');
}
