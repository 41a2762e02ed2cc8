#!/usr/bin/env node
/**
 * Runs a script of this project on any machine with some Node >= 20 and npm: `node bin/bootstrap.mjs SCRIPT ARGS`.
 * SCRIPT is relative to the project, wherever this is called from. See launch.mjs for what happens first.
 */
import { launch } from './launch.mjs';

const [script, ...args] = process.argv.slice(2);
if (script === undefined) {
  process.stderr.write('usage: node bin/bootstrap.mjs SCRIPT [ARGS]\n');
  process.exitCode = 2;
} else {
  await launch(script, args);
}
