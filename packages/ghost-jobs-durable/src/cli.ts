#!/usr/bin/env node
import { runAsProcess } from '@prosora/service';
import { createCommand } from './verbs/command.ts';

await runAsProcess(createCommand(process));
