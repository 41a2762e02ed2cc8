import { spawn } from 'node:child_process';

/**
 * Runs the shell command when this process has ended without `release`, however it ended: the shell waits for the end of a
 * pipe that only this process holds open.
 */
export function guard(command: string): { release(): void } {
  const shell = spawn('sh', ['-c', `trap '' TERM INT HUP; cat > /dev/null; ${command}`], { stdio: ['pipe', 'ignore', 'ignore'] });
  return { release: () => void shell.kill('SIGKILL') };
}
