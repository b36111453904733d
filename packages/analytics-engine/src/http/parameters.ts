import type { Request } from 'express';
import { EngineError } from '../errors.ts';
import type { Parameters } from '../template/value.ts';
import { readBody } from './request-body.ts';

const MAX_BODY_BYTES = 100_000;

/**
 * The parameters of a request: those of its query, and of its body, a form or a JSON object, which win.
 * A null counts as not given.
 *
 * @param query The query, since Express parses it anew each time it is read.
 * @throws EngineError `PARAMETER_INVALID` for a value that no template could use, and as {@link readBody}
 */
export async function parametersOf(request: Request, query: Request['query']): Promise<Parameters> {
  const body = request.method === 'POST' ? await bodyOf(request) : [];
  const parameters = new Map<string, string | string[]>();
  for (const [name, value] of [...Object.entries(query), ...body]) {
    if (value === undefined || value === null) continue;
    parameters.set(name, Array.isArray(value) ? value.map(textOf(name)) : textOf(name)(value));
  }
  return Object.fromEntries(parameters);
}

async function bodyOf(request: Request): Promise<[string, unknown][]> {
  const isForm = request.is('application/x-www-form-urlencoded');
  if (!isForm && !request.is('application/json')) return [];
  const text = (await readBody(request, MAX_BODY_BYTES)).toString('utf8');
  if (text === '') return [];
  if (isForm) {
    const form = new URLSearchParams(text);
    return [...new Set(form.keys())].map((name) => {
      const values = form.getAll(name);
      return [name, values.length > 1 ? values : values[0]];
    });
  }
  const json = parsed(text);
  if (typeof json === 'object' && json !== null && !Array.isArray(json))
    return Object.entries(json);
  throw new EngineError('REQUEST_INVALID', 'The body is not a JSON object of parameters.');
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new EngineError('REQUEST_INVALID', 'The body is not JSON.', { cause });
  }
}

/** Of foreign values only these have a text; an object may not even have one. */
function textOf(name: string): (value: unknown) => string {
  return (value) => {
    if (typeof value === 'string') return value;
    if (typeof value === 'number' || typeof value === 'boolean') return String(value);
    throw new EngineError(
      'PARAMETER_INVALID',
      `The parameter ${JSON.stringify(name.slice(0, 100))} has to be a text, a number, true or false, or a list of these.`,
    );
  };
}
