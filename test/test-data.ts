import { existsSync } from 'node:fs';

const folder = process.env['HIGGSFLOW_TEST_DATA'];

/** Folder of real ROOT files with golden values, named by HIGGSFLOW_TEST_DATA; suites that need it are skipped without. */
export const testData = folder !== undefined && existsSync(folder) ? folder : undefined;

/** How many damaged blocks each decoder gets; HIGGSFLOW_MUTATIONS=100000 for the long run. */
export const mutationRuns = Number(process.env['HIGGSFLOW_MUTATIONS'] ?? 3000);
