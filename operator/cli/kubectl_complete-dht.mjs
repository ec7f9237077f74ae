#!/usr/bin/env node
// kubectl 1.26 and later asks a program of this name, without its ending, what may follow `kubectl dht`.
import { start } from './start.mjs';

await start('kubectl', '__complete');
