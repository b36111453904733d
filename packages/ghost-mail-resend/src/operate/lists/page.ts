/** One page of a list, and the key of the next. */
export interface Page<Item> {
  items: Item[];
  next: string | null;
}

/** Where a page begins and how long it is, as `pageInput` of the operator API has it. */
export interface PageRequest {
  limit: number;
  after?: string | undefined;
}

/**
 * Rows that a page looks at, at most. A filter that no index answers leaves rows out, so that a page may have fewer
 * items than asked for, or none, and still a next one: it takes the same time however few there are to find.
 */
export const LOOKED_AT = 2_000;
