import type { PlannedDataset } from '../api.ts';
import { formatBytes, formatTable } from '../format.ts';
import { printJson } from './remote.ts';

/** What a run would read, by dataset, to stdout. */
export function printPlan(plan: readonly PlannedDataset[], json: boolean): void {
  if (json) {
    printJson(plan);
    return;
  }
  const sum = (of: (each: PlannedDataset) => number) => plan.reduce((total, each) => total + of(each), 0);
  const row = (dataset: string, of: (pick: (each: PlannedDataset) => number) => number) => [
    dataset,
    ...[of((each) => each.files), of((each) => each.tasks), of((each) => each.entries)].map((n) => n.toLocaleString('en-US')),
    formatBytes(of((each) => each.bytesToRead)),
    of((each) => each.unreadable) === 0 ? '' : `${of((each) => each.unreadable)} cannot be opened`,
  ];
  const rows = plan.map((each) => row(each.dataset, (pick) => pick(each)));
  process.stdout.write(`${formatTable([['dataset', 'files', 'tasks', 'entries', 'to read', ''], ...rows, row('all', sum)]).join('\n')}\n`);
}
