/** What is made once and then used by all: clients, which hold connections and logins. */

/** The one for this key, made where there is none. One whose making failed is made anew for who asks next. */
export function remembered<T>(all: Map<string, Promise<T>>, key: string, make: () => Promise<T>): Promise<T> {
  const known = all.get(key);
  if (known !== undefined) return known;
  const made = make();
  all.set(key, made);
  made.catch(() => all.delete(key));
  return made;
}
