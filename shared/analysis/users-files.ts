/** Whose a module is, by its name in stacks and imports. */

const PROJECT = pathOf(new URL('../../', import.meta.url).href);
const OWN = ['bin', 'cli', 'services', 'shared'].map((folder) => `${PROJECT}${folder}/`);

/** False for what belongs to higgsflow, to a package or to Node. */
export function isUsersFile(file: string): boolean {
  const path = pathOf(file);
  return !path.startsWith('node:') && !path.includes('/node_modules/') && !OWN.some((folder) => path.startsWith(folder));
}

/** Modules are named by URL, and what is loaded by `require` by path. */
export function pathOf(file: string): string {
  if (!file.startsWith('file:')) return file.replaceAll('\\', '/');
  try {
    return decodeURIComponent(new URL(file).pathname);
  } catch {
    return file; // not a URL after all
  }
}
