import { ProsoraError } from '../errors.ts';

/** Thrown for a command that was typed wrong; the exit code is 2 then. */
export class UsageError extends ProsoraError {
  constructor(message: string, help?: string) {
    super('USAGE', message, help === undefined ? {} : { help });
  }
}
