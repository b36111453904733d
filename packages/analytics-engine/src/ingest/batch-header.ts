/**
 * The request header that names a batch of events. The same name always comes with the same rows: a
 * batch that is sent again is taken only by the tables and views that lack it. A name `file:from-to` is a
 * range of bytes, and a range inside of those that were taken counts as taken.
 */
export const BATCH_HEADER = 'prosora-batch';
