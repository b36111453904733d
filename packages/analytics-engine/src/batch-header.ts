/**
 * The request header that names a batch of events. The same name always comes with the same rows: a
 * batch that is sent again is taken only by the tables and views that lack it.
 */
export const BATCH_HEADER = 'prosora-batch';
