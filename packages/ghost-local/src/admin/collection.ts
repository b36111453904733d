import type { AdminQuery, AdminRequest } from './request.ts';

/** A record of the Admin API: the fields its type names, and whatever else Ghost sends. */
export type GhostRecord<Fields = unknown> = { id: string } & Fields & Record<string, unknown>;

/** What the Admin API offers for most of its resources. */
export interface Collection<Item> {
  /** One page: 15 records, or as many as `limit` says, up to 100. */
  browse(query?: AdminQuery): Promise<Item[]>;
  read(id: string, query?: AdminQuery): Promise<Item>;
  add(fields: Record<string, unknown>, query?: AdminQuery): Promise<Item>;
  edit(id: string, changes: Record<string, unknown>, query?: AdminQuery): Promise<Item>;
  remove(id: string): Promise<void>;
}

/** Speaks Ghost's envelope, `{ [name]: [record] }`, for the resource of that name. */
export function createCollection<Item>(request: AdminRequest, name: string): Collection<Item> {
  type Envelope = Record<string, Item[]>;
  const onlyItem = (envelope: Envelope): Item => {
    const item = envelope[name]?.[0];
    if (!item) throw new Error(`Ghost answered without ${name}`);
    return item;
  };
  const send = async (method: 'POST' | 'PUT', path: string, fields: object, query: AdminQuery) =>
    onlyItem(await request<Envelope>(method, path, { json: { [name]: [fields] }, query }));

  return {
    async browse(query = {}) {
      return (await request<Envelope>('GET', name, { query }))[name] ?? [];
    },
    async read(id, query = {}) {
      return onlyItem(await request<Envelope>('GET', `${name}/${id}`, { query }));
    },
    add: (fields, query = {}) => send('POST', name, fields, query),
    edit: (id, changes, query = {}) => send('PUT', `${name}/${id}`, changes, query),
    async remove(id) {
      await request('DELETE', `${name}/${id}`);
    },
  };
}
