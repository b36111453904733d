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

/**
 * The operations of an OpenAPI document as an interface of TypeScript: of each its `access`, its `input` and its `output`,
 * as they go over the wire. A package that is no part of another's types learns them this way.
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
  return `// Made from ${source} by \`npm run docs\`; do not edit.

export interface operations {
${members.join('')}}
`;
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
  const { properties = {}, required = [], additionalProperties } = schema;
  const members = Object.entries(properties).map(([name, property]) => {
    const mark = required.includes(name) ? '' : '?';
    const type = typeOf(property, `${indent}  `);
    const said = property.description ? `${indent}  /** ${property.description} */\n` : '';
    // An option that is spread may be there and be undefined.
    return `${said}${indent}  '${name}'${mark}: ${mark ? `${type} | undefined` : type};\n`;
  });
  if (members.length > 0) return `{\n${members.join('')}${indent}}`;
  if (typeof additionalProperties !== 'object') return 'Record<string, never>';
  return `Record<string, ${typeOf(additionalProperties, indent)}>`;
}

function union(types: readonly string[]): string {
  return [...new Set(types)].join(' | ');
}
