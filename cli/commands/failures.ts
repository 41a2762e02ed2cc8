import type { Command } from 'commander';
import type { ListedFailure } from '../api.ts';
import { connectTo, printJson, type RemoteFlags, remote } from './remote.ts';

/** Files named for one cause. */
const FILES_SHOWN = 10;

/** `higgsflow failures RUN`: what failed, by cause. */
export function register(program: Command): void {
  remote(program.command('failures').description('show what failed in a run, by cause').argument('<run>', 'id of the run'))
    .addHelpText('after', '\nWhen the cause is gone, `higgsflow retry RUN` tries these tasks again.\n\nExamples:\n  higgsflow failures RUN')
    .action(async (run: string, flags: RemoteFlags) => {
      const failures = await (await connectTo(flags)).failures(run);
      const groups = groupByCause(failures);
      if (flags.json === true) return printJson(groups);
      const lines = groups.flatMap(({ code, cause, entriesLost, failures }) => [
        `${failures.length} × ${code}: ${cause} (${entriesLost.toLocaleString('en-US')} entries lost)`,
        ...failures
          .slice(0, FILES_SHOWN)
          .map(({ dataset, file, from, to }) => `  ${dataset}  ${file}${to === undefined ? '' : ` [${from ?? 0}, ${to})`}`),
        ...(failures.length > FILES_SHOWN ? [`  and ${failures.length - FILES_SHOWN} more (--json names all)`] : []),
      ]);
      process.stdout.write(lines.length === 0 ? 'Nothing failed.\n' : `${lines.join('\n')}\n`);
    });
}

interface FailureGroup {
  readonly code: string;
  /** The text without the file. */
  readonly cause: string;
  readonly entriesLost: number;
  readonly failures: readonly ListedFailure[];
}

/** The most frequent cause first. Texts begin with the file; numbers in them (offsets) make no other cause. */
export function groupByCause(failures: readonly ListedFailure[]): FailureGroup[] {
  const groups = new Map<string, ListedFailure[]>();
  for (const failure of failures) {
    const key = `${failure.code} ${causeOf(failure).replaceAll(/\d+/g, '#')}`;
    groups.set(key, [...(groups.get(key) ?? []), failure]);
  }
  return [...groups.values()]
    .map((group) => {
      const first = group[0] as ListedFailure;
      const entriesLost = group.reduce((sum, each) => sum + (each.entriesLost ?? 0), 0);
      return { code: first.code, cause: causeOf(first), entriesLost, failures: group };
    })
    .sort((a, b) => b.failures.length - a.failures.length);
}

function causeOf({ text, file }: ListedFailure): string {
  const withoutFile = text.replaceAll(file, '').replace(/^[\s:]+/, '');
  return withoutFile === '' ? text : withoutFile;
}
