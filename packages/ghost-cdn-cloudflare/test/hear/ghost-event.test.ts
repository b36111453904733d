import { expect, test } from 'vitest';
import { changedBy } from '../../src/hear/ghost-event.ts';

const changed = (event: unknown) => changedBy(Buffer.from(JSON.stringify({ event })));

test.each(['site.changed', 'post.published', 'post.unpublished', 'page.deleted', 'tag.edited'])(
  'after %s readers may see other pages',
  (event) => expect(changed(event)).toEqual({ event, paths: '/*' }),
);

test.each(['member.added', 'post.edited', 'post.scheduled', 'something.new'])(
  'after %s they see the same',
  (event) => expect(changed(event)).toEqual({ event, paths: null }),
);

test('what is no event of Ghost is told apart', () => {
  expect(changed(1)).toBeUndefined();
  expect(changedBy(Buffer.from('{"event"'))).toBeUndefined();
});
