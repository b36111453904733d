import { findingSchema, pageInput, serviceNumbers } from '@prosora/service';
import * as z from 'zod';

/** The part of JSON Schema that our OpenAPI documents use. */
interface Schema {
  type?: string | readonly string[];
  description?: string;
  enum?: readonly unknown[];
  const?: unknown;
  anyOf?: readonly Schema[];
  oneOf?: readonly Schema[];
  properties?: Readonly<Record<string, Schema>>;
  required?: readonly string[];
  additionalProperties?: boolean | Schema;
  items?: Schema;
}

/** What `openApiOf` makes of an operation. */
interface Described {
  operationId: string;
  summary: string;
  parameters?: readonly { name: string; required: boolean; description?: string; schema: Schema }[];
  requestBody?: { content: { 'application/json': { schema: Schema } } };
  responses: { 200: { content: { 'application/json': { schema: Schema } } } };
}

/** What services take and answer alike, by its name in TypeScript. */
const SHARED = {
  Finding: schemaOf(findingSchema),
  Numbers: schemaOf(z.object(serviceNumbers)),
  PageInput: schemaOf(z.object(pageInput)),
};
const PAGE = 'export interface Page<Item> {\n  items: Item[];\n  next: string | null;\n}\n';

/** The types that the files of `operationTypes` import from the one beside them. */
export function sharedTypes(): string {
  const named = Object.entries(SHARED).map(
    ([name, schema]) => `\nexport interface ${name} ${membersOf(schema, '')}\n`,
  );
  return `// Made from what services share by \`npm run docs\`; do not edit.\n\n${PAGE}${named.join('')}`;
}

/**
 * The operations of an OpenAPI document as an interface of TypeScript: of each its `access`, its `input` and its `output`,
 * as they go over the wire. A package that is no part of another's types learns them this way. What is the same in all
 * services is imported from `every-service.ts` beside it, which is `sharedTypes`.
 */
export function operationTypes(document: Record<string, unknown>, source: string): string {
  const paths = document['paths'] as Record<string, Record<string, Described>>;
  const operations = Object.values(paths).flatMap((methods) => Object.values(methods));
  const members = operations.map((operation) => {
    const { operationId, summary, requestBody, responses } = operation;
    const input = requestBody?.content['application/json'].schema ?? queryOf(operation);
    const output = responses[200].content['application/json'].schema;
    const access = requestBody ? 'write' : 'read';
    return `  /** ${summary} */
  '${operationId}': {
    access: '${access}';
    input: ${typeOf(input, '    ')};
    output: ${typeOf(output, '    ')};
  };
`;
  });
  const written = members.join('');
  const code = written.replaceAll(/\/\*\*.*?\*\//g, '');
  const names = ['Page', ...Object.keys(SHARED)].filter((name) =>
    new RegExp(`\\b${name}\\b`).test(code),
  );
  const imports = `import type { ${names.sort().join(', ')} } from './every-service.ts';\n\n`;
  return `// Made from ${source} by \`npm run docs\`; do not edit.

${names.length > 0 ? imports : ''}export interface operations {
${written}}
`;
}

/** As a client sends it and a service answers it. */
function schemaOf(type: z.ZodType): Schema {
  return z.toJSONSchema(type, { io: 'input', unrepresentable: 'any' }) as Schema;
}

function queryOf({ parameters = [] }: Described): Schema {
  return {
    type: 'object',
    properties: Object.fromEntries(
      parameters.map(({ name, description, schema }) => [
        name,
        description === undefined ? schema : { ...schema, description },
      ]),
    ),
    required: parameters.filter(({ required }) => required).map(({ name }) => name),
  };
}

function typeOf(schema: Schema, indent: string): string {
  const { type, anyOf, oneOf, enum: values, items } = schema;
  if (values !== undefined) return values.map((value) => JSON.stringify(value)).join(' | ');
  if (schema.const !== undefined) return JSON.stringify(schema.const);
  const several = anyOf ?? oneOf;
  if (several !== undefined) return union(several.map((one) => typeOf(one, indent)));
  if (Array.isArray(type))
    return union(type.map((one) => typeOf({ ...schema, type: one }, indent)));
  switch (type) {
    case 'string':
    case 'boolean':
    case 'number':
    case 'null':
      return type;
    case 'integer':
      return 'number';
    case 'array':
      return `(${typeOf(items ?? {}, indent)})[]`;
    case 'object':
      return objectType(schema, indent);
    default:
      return 'unknown';
  }
}

function objectType(schema: Schema, indent: string): string {
  const { properties = {}, additionalProperties } = schema;
  const item = itemOf(schema);
  if (item !== undefined) return `Page<${typeOf(item, indent)}>`;
  const shared = Object.entries(SHARED).filter(([, part]) => includes(schema, part));
  const named = new Set(shared.flatMap(([, part]) => Object.keys(part.properties ?? {})));
  const own = Object.entries(properties).filter(([name]) => !named.has(name));
  const types = shared.map(([name]) => name);
  if (own.length > 0) {
    types.push(membersOf({ ...schema, properties: Object.fromEntries(own) }, indent));
  }
  if (types.length > 0) return types.join(' & ');
  if (typeof additionalProperties !== 'object') return 'Record<string, never>';
  return `Record<string, ${typeOf(additionalProperties, indent)}>`;
}

/** What a page of a list lists; undefined for what is none. */
function itemOf({ properties = {}, required = [] }: Schema): Schema | undefined {
  const { items, next, ...more } = properties;
  const isPage = next && typeOf(next, '') === 'string | null' && required.length === 2;
  return isPage && Object.keys(more).length === 0 ? items?.items : undefined;
}

/** Whether all of `part` is in an object, word by word. */
function includes({ properties = {}, required }: Schema, part: Schema): boolean {
  const same = Object.keys(part.properties ?? {}).map((name) => [name, properties[name]] as const);
  if (same.some(([, property]) => property === undefined)) return false;
  const of = { properties: Object.fromEntries(same) as Record<string, Schema> };
  return membersOf({ ...of, ...(required && { required }) }, '') === membersOf(part, '');
}

function membersOf({ properties = {}, required = [] }: Schema, indent: string): string {
  const members = Object.entries(properties).map(([name, property]) => {
    const mark = required.includes(name) ? '' : '?';
    const type = typeOf(property, `${indent}  `);
    const said = property.description ? `${indent}  /** ${property.description} */\n` : '';
    // An option that is spread may be there and be undefined.
    return `${said}${indent}  '${name}'${mark}: ${mark ? `${type} | undefined` : type};\n`;
  });
  return `{\n${members.join('')}${indent}}`;
}

function union(types: readonly string[]): string {
  return [...new Set(types)].join(' | ');
}
