import type { Existing } from './existing.ts';
import type { Schema, Table, View } from './objects.ts';

/** What has to be done so that the database holds what a schema asks for. */
export interface Plan {
  /** Tables that are not there and start empty. */
  create: readonly Table[];
  /** Tables that are filled beside what is served, sources first. */
  fill: readonly Table[];
  /** Views to create; those of the same name that exist are dropped before. */
  views: readonly View[];
  /** Views that no pipe asks for any more. */
  drop: readonly string[];
}

/**
 * Compares what is asked for with what exists.
 *
 * A landing table is copied when its own datafile changed. A derived one is filled anew from its sources
 * when its datafile or a view into it changed, or when it derives from one that is filled anew; the copy
 * of a landing table has the same rows, so that alone leaves what derives from it as it is.
 *
 * @param damaged Derived tables to fill anew in any case, be they there or not.
 */
export function planOf(
  { tables, views }: Schema,
  existing: ReadonlyMap<string, Existing>,
  damaged: readonly string[] = [],
): Plan {
  const hasRows = (name: string): boolean => (existing.get(name)?.rows ?? 0) > 0;
  const changed = views.filter((view) => existing.get(view.name)?.comment !== view.fingerprint);
  const copied = new Set<string>();
  const derivedAnew = new Set<string>();
  const isFedAnew = (view: View): boolean =>
    view.sources.some((source) => derivedAnew.has(source)) ||
    (changed.includes(view) && view.sources.some(hasRows));
  for (const { name, fingerprint, isLanding } of tables) {
    const found = existing.get(name);
    const isChanged =
      damaged.includes(name) || (found !== undefined && found.comment !== fingerprint);
    if (isLanding && isChanged) copied.add(name);
    if (isLanding) continue;
    if (isChanged || views.some((view) => view.target === name && isFedAnew(view))) {
      derivedAnew.add(name);
    }
  }
  const isFilled = (name: string): boolean => copied.has(name) || derivedAnew.has(name);
  return {
    create: tables.filter(({ name }) => !existing.has(name) && !isFilled(name)),
    fill: tables.filter(({ name }) => isFilled(name)),
    views: views.filter(
      (view) => changed.includes(view) || isFilled(view.target) || view.sources.some(isFilled),
    ),
    drop: [...existing.values()]
      .filter(({ name, isView }) => isView && !views.some((view) => view.name === name))
      .map(({ name }) => name),
  };
}
