/** What a user's file imports: `higgsflow/analysis` is that of this higgsflow, wherever the file is. */
import { registerHooks } from 'node:module';
import { isUsersFile } from './users-files.ts';

const NAME = 'higgsflow/analysis';
const API = new URL('./api.ts', import.meta.url).href;

/** By the URL of a user's file, those that it imports, and by that of a link the file. */
const imports = new Map<string, Set<string>>();
let isInstalled = false;

/** From here on this thread finds `higgsflow/analysis` from any folder, and knows what users' files import. */
export function findOwnImports(): void {
  if (isInstalled) return;
  isInstalled = true;
  registerHooks({
    resolve: (specifier, context, next) => {
      const resolved = next(specifier === NAME ? API : specifier, context);
      const { parentURL } = context;
      const by = parentURL !== undefined && isUsersFile(parentURL) ? parentURL : specifier;
      if (isUsersFile(resolved.url)) imports.set(by, (imports.get(by) ?? new Set()).add(resolved.url));
      return resolved;
    },
  });
}

/** The file, and all users' files that it imports, or these do: sorted URLs. It must have been loaded. */
export function withImports(url: string): string[] {
  const all = new Set([url]);
  for (const file of all) for (const imported of imports.get(file) ?? []) all.add(imported);
  return [...all].sort();
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
