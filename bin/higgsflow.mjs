#!/usr/bin/env node
/** The command line, on any machine with some Node >= 20 and npm. */
import { launch } from './launch.mjs';

await launch('cli/main.ts', process.argv.slice(2));
