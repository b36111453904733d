import { resolve } from 'node:path';
import type { Options } from '@prosora/service';
import * as z from 'zod';

/** What the command itself is told; the stack's own settings stand in its `.env`. */
export const stackOptions = {
  dir: {
    env: 'PROSORA_STACK_DIR',
    description: 'The folder of the stack: the one with its docker-compose.yml.',
    schema: z
      .string()
      .default('.')
      .transform((dir) => resolve(dir)),
    defaultText: 'the folder that the command is started in',
    example: '/srv/blog',
  },
} satisfies Options;
