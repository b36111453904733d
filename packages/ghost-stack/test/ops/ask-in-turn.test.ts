import { expect, test } from 'vitest';
import { askInTurn } from '../../src/ops/ask-in-turn.ts';

/** A command whose answers come when they are let. */
function slowCommand() {
  const asked: string[] = [];
  const answers: ((isWell: boolean) => void)[] = [];
  const ask = askInTurn((words) => {
    const question = words.join(' ');
    asked.push(question);
    return new Promise((resolve, reject) => {
      answers.push((isWell) => (isWell ? resolve(question) : reject(new Error(question))));
    });
  });
  const answer = async (isWell = true) => {
    await Promise.resolve();
    answers.shift()?.(isWell);
    // The next question is asked a few turns later.
    for (let turn = 0; turn < 10; turn += 1) await Promise.resolve();
  };
  return { ask, asked, answer };
}

test('questions are asked one after the other, and one that fails keeps none back', async () => {
  const { ask, asked, answer } = slowCommand();
  const [jobs, media] = [ask(['jobs']), ask(['media'])];
  const failed = expect(jobs).rejects.toThrow('jobs');
  await answer(false);
  await failed;
  expect(asked).toEqual(['jobs', 'media']);
  await answer();
  expect(await media).toBe('media');
});

test('who asks what is being asked gets the same answer, and later a new one', async () => {
  const { ask, asked, answer } = slowCommand();
  const both = [ask(['doctor']), ask(['doctor'])];
  await answer();
  expect(await Promise.all(both)).toEqual(['doctor', 'doctor']);
  expect(asked).toHaveLength(1);
  const later = ask(['doctor']);
  await answer();
  await later;
  expect(asked).toHaveLength(2);
});

test('one question too many is refused', async () => {
  const { ask } = slowCommand();
  for (let at = 0; at < 8; at += 1) void ask([`${at}`]);
  await expect(ask(['another'])).rejects.toMatchObject({ code: 'REFUSED' });
});
