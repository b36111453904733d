#!/usr/bin/env node
import { runAsProcess } from '@prosora/service';
import { command } from './command.ts';

await runAsProcess(command);
