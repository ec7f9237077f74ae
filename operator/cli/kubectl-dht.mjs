#!/usr/bin/env node
// kubectl looks for a program of this name, without its ending, on the PATH: `kubectl dht`.
import { start } from './start.mjs';

await start('kubectl');
