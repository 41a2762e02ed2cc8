/**
 * Compiles the reader's inner loops (AssemblyScript in shared/root/codecs/wasm/) to kernels.wasm beside them:
 * `node bin/build-kernels.mjs`. The launcher does it by itself where the file is missing or older than its sources.
 */
import { renameSync, rmSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import asc from 'assemblyscript/asc';

const folder = fileURLToPath(new URL('../shared/root/codecs/wasm', import.meta.url));
// Put into its place in one step: a process that starts at the same time sees all of it or nothing.
const built = `kernels-${process.pid}.tmp.wasm`;

const { error, stderr } = await asc.main(['--config', 'asconfig.json', '--baseDir', folder, '--outFile', built]);
if (error) {
  rmSync(`${folder}/${built}`, { force: true });
  process.stderr.write(`${stderr}${error.message}\n`);
  process.exitCode = 1;
} else {
  renameSync(`${folder}/${built}`, `${folder}/kernels.wasm`);
}
