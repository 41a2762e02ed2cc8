/** What a user's file imports: `higgsflow/analysis` is that of this higgsflow, wherever the file is. */
import { registerHooks } from 'node:module';

const NAME = 'higgsflow/analysis';
const API = new URL('./api.ts', import.meta.url).href;

let isInstalled = false;

/** From here on this thread finds `higgsflow/analysis` from any folder. */
export function findOwnImports(): void {
  if (isInstalled) return;
  isInstalled = true;
  registerHooks({ resolve: (specifier, context, next) => next(specifier === NAME ? API : specifier, context) });
}

const NOT_FOUND = ['ERR_MODULE_NOT_FOUND', 'MODULE_NOT_FOUND', 'ERR_PACKAGE_PATH_NOT_EXPORTED', 'ERR_PACKAGE_IMPORT_NOT_DEFINED'];

/** What helps against an import that fails. */
export function hintForImport(error: unknown): string | undefined {
  if (!(error instanceof Error)) return undefined;
  if ('code' in error && NOT_FOUND.includes(String(error.code)))
    return `All that an analysis needs of higgsflow is in '${NAME}', from any folder; other imports are looked for from where its file is.`;
  if (error.message.includes('import statement outside a module'))
    return 'Write `"type": "module"` into the package.json above it, or name the file `.mts`.';
  return undefined;
}
