import type { Request } from 'express';
import type { Books, Kind, Objects } from './books.ts';
import { pageOf } from './list.ts';

/** What the API answers to each `METHOD /path` below `/v1`. A refusal is thrown. */
export type Routes = Readonly<Record<string, Handle>>;

/** Answers one call. */
export type Handle = (request: Request) => object;

/** The `:id` of a path. */
export function idOf(request: Request): string {
  return String(request.params['id']);
}

/** Answers an object by its id. */
export function getter(books: Books, kind: Kind): Handle {
  return (request) => books.get(kind, idOf(request));
}

/** Answers a page of the objects of a kind, or of those that a filter keeps. */
export function lister<K extends Kind>(
  books: Books,
  kind: K,
  filter: (request: Request) => (object: Objects[K]) => boolean = () => () => true,
): Handle {
  return (request) => pageOf(request, books.list(kind).filter(filter(request)));
}
