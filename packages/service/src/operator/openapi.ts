import * as z from 'zod/v4/core';
import type { Operation, Operations } from './operation.ts';
import { OPERATOR_PATH } from './serve-operations.ts';

type JsonSchema = Record<string, unknown>;

/** The OpenAPI 3.1 document of a service's operator API, made from its operations. */
export function openApiOf(title: string, version: string, operations: Operations): JsonSchema {
  const paths = Object.entries(operations).map(([name, operation]) => {
    const method = operation.access === 'write' ? 'post' : 'get';
    return [OPERATOR_PATH + name, { [method]: describe(name, operation) }];
  });
  return {
    openapi: '3.1.0',
    info: { title, version },
    components: { securitySchemes: { token: { type: 'http', scheme: 'bearer' } } },
    security: [{ token: [] }],
    paths: Object.fromEntries(paths),
  };
}

function describe(operationId: string, { summary, access, input, output }: Operation): JsonSchema {
  const given = schemaOf(input);
  const asked =
    access === 'write'
      ? { requestBody: { required: true, content: { 'application/json': { schema: given } } } }
      : { parameters: parametersOf(given) };
  const error = (description: string) => ({ description });
  return {
    operationId,
    summary,
    ...asked,
    responses: {
      200: { description: 'Done', content: { 'application/json': { schema: schemaOf(output) } } },
      400: error('A field is not as it should be; the answer names it'),
      401: error('The token is missing or wrong'),
      ...(access === 'write' && { 403: error('The token may only read') }),
    },
  };
}

function parametersOf(schema: JsonSchema): JsonSchema[] {
  const { properties = {}, required = [] } = schema as {
    properties?: Record<string, JsonSchema>;
    required?: string[];
  };
  return Object.entries(properties).map(([name, { description, ...property }]) => ({
    name,
    in: 'query',
    required: required.includes(name),
    ...(description !== undefined && { description }),
    schema: property,
  }));
}

/** What goes over the wire: before a client's transformations, and before the service's. */
function schemaOf(type: z.$ZodType): JsonSchema {
  const { $schema: _, ...schema } = z.toJSONSchema(type, { io: 'input', unrepresentable: 'any' });
  return schema;
}
