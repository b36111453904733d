#!/usr/bin/env node
import { runAsProcess } from '@prosora/service';
import { createCommand } from './cli/command.ts';

await runAsProcess(createCommand(process));
