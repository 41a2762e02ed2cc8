/** Runs the Python scripts of this folder. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

/** A Python that can import what a script needs. */
export type Python = (script: string, options: { args?: readonly string[]; input?: string }) => AsyncGenerator<unknown>;

/** Runs scripts with this interpreter; what they say, one JSON value a line. Their warnings are not shown. */
export function pythonOf(interpreter: string): Python {
  return async function* run(script, { args = [], input = '' }) {
    const child = spawn(interpreter, [join(import.meta.dirname, script), ...args], { stdio: ['pipe', 'pipe', 'pipe'] });
    const ended = once(child, 'close') as Promise<[number | null]>;
    let errors = '';
    child.stderr.on('data', (chunk) => {
      errors = `${errors}${chunk}`.slice(-2000);
    });
    child.stdin.on('error', () => {}); // it ended early: its exit code says so
    child.stdin.end(input);
    for await (const line of createInterface({ input: child.stdout })) if (line.startsWith('{')) yield JSON.parse(line);
    const [code] = await ended;
    if (code !== 0) throw new Error(`${interpreter} ${script} ended with exit code ${code}:\n${errors}`);
  };
}

/** True if this interpreter runs and can import the modules. */
export async function canImport(interpreter: string, ...modules: readonly string[]): Promise<boolean> {
  const child = spawn(interpreter, ['-c', modules.map((module) => `import ${module}`).join('\n')], { stdio: 'ignore' });
  return new Promise((resolve) => {
    child.on('error', () => resolve(false));
    child.on('close', (code) => resolve(code === 0));
  });
}
