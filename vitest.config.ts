import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

// Two workers: the tests start processes and threads of their own. Times are for a busy machine with two cores.
export default defineConfig({
  // Vite does not look into the `exports` of the package that it is in.
  resolve: { alias: { 'higgsflow/analysis': fileURLToPath(new URL('./shared/analysis/api.ts', import.meta.url)) } },
  test: {
    maxWorkers: 2,
    setupFiles: ['test/leaks.ts'],
    coverage: { provider: 'v8', include: ['shared/**/*.ts', 'services/**/*.ts', 'cli/**/*.ts'], exclude: ['**/*.test.ts'] },
    projects: [
      {
        extends: true,
        test: {
          name: 'unit',
          include: ['{shared,services,cli,test,bin,bench}/**/*.test.ts'],
          exclude: ['**/*.e2e.test.ts', '**/*.browser.test.ts', '**/*.broker.test.ts', '**/node_modules/**'],
          testTimeout: 20_000,
        },
      },
      {
        extends: true,
        test: { name: 'e2e', include: ['**/*.e2e.test.ts'], exclude: ['**/node_modules/**'], testTimeout: 120_000, hookTimeout: 120_000 },
      },
      {
        extends: true,
        test: {
          name: 'broker',
          include: ['**/*.broker.test.ts'],
          exclude: ['**/node_modules/**'],
          testTimeout: 60_000,
          hookTimeout: 120_000,
        },
      },
      {
        extends: true,
        test: {
          name: 'browser',
          include: ['**/*.browser.test.ts'],
          exclude: ['**/node_modules/**'],
          testTimeout: 60_000,
          hookTimeout: 60_000,
        },
      },
    ],
  },
});
