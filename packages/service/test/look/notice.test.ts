import { expect, test } from 'vitest';
import { inWords } from '../../src/look/in-words.ts';
import { notice } from '../../src/look/notice.ts';

test('what is to be typed in a sentence is shown so', () => {
  expect(inWords('Ask `a <b>` now.').text).toBe('Ask <code>a &#60;b&#62;</code> now.');
  expect(inWords('One ` alone').text).toBe('One ` alone');
  const problem = { code: 'X', message: 'It is gone.', help: '`up` helps.' };
  expect(notice(problem).text).toContain('It is gone. <code>up</code> helps.');
});
