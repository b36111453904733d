/** A column of a data source, as far as it decides which rows are taken. */
export interface Column {
  name: string;
  type: string;
  /** Where in the JSON its value is; without it events cannot fill it. */
  path: readonly string[] | undefined;
  hasDefault: boolean;
}

/** What a datafile says of a resource. */
export interface Resource {
  kind: 'datasource' | 'pipe';
  name: string;
  text: string;
  columns: Column[];
  /** Static tokens by name, with what each may do here. */
  tokens: { name: string; scope: string }[];
  /** Whether it is asked as an endpoint. */
  isEndpoint: boolean;
}

/** Reads a file of a deployment. @throws Error with the sentence that Tinybird would put in its list */
export function readDatafile(filename: string, text: string): Resource {
  const [, name = '', extension] = /^(\w+)\.(\w+)$/.exec(filename) ?? [];
  if (extension !== 'datasource' && extension !== 'pipe') {
    throw new Error(`${filename} is neither a .datasource nor a .pipe`);
  }
  const tokens = [...text.matchAll(/^\s*TOKEN\s+"?([\w-]+)"?\s+(READ|APPEND)/gim)].map(
    ([, token = '', scope = '']) => ({ name: token, scope: scope.toUpperCase() }),
  );
  const columns = extension === 'datasource' ? columnsOf(text) : [];
  if (extension === 'datasource' && columns.length === 0) throw new Error('SCHEMA is missing');
  if (extension === 'pipe' && !/^\s*SQL\s*>/im.test(text)) throw new Error('no NODE has an SQL');
  const isEndpoint = extension === 'pipe' && /^\s*TYPE\s+endpoint\s*$/im.test(text);
  return { kind: extension, name, text, columns, tokens, isEndpoint };
}

/** Indented lines after `SCHEMA >`: a name, a type, and in any order where in the JSON and what if not. */
function columnsOf(text: string): Column[] {
  const schema = /^SCHEMA\s*>[^\n]*\n((?:[ \t]+[^\n]*\n?|\n)+)/m.exec(text)?.[1] ?? '';
  return schema.split('\n').flatMap((line) => {
    const json = /`?json:\$\.?([\w.-]*)`?/.exec(line)?.[1];
    const hasDefault = /\sDEFAULT\s/i.test(line);
    const plain = line.replace(/`json:[^`]*`|json:\S+/, '').replace(/\sDEFAULT\s.*$/i, '');
    const [, name, type = ''] = /^\s*`?(\w+)`?\s+(.+?),?\s*$/.exec(plain) ?? [];
    if (name === undefined) return [];
    return [{ name, type: type.trim(), path: json?.split('.').filter(Boolean), hasDefault }];
  });
}
